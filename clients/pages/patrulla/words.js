/** Every sentence of the handheld that the control room does not have: Spanish, English. */

export const WORDS = {
  title: ["Patrulla", "Patrol"],
  enrolTitle: ["Active este equipo", "Set this handheld up"],
  onDuty: ["En servicio", "On duty"],
  offDuty: ["Fuera de servicio", "Off duty"],
  goOnDuty: ["Entrar en servicio", "Go on duty"],
  goOffDuty: ["Salir de servicio", "Go off duty"],
  offHelp: [
    "Fuera de servicio no recibe alertas.",
    "Off duty you receive no alerts.",
  ],
  unsent: [
    "Respuestas suyas por salir: {count}.",
    "Answers of yours still to leave: {count}.",
  ],
  mute: ["Toque aquí para activar el sonido", "Touch here to switch the sound on"],
  none: ["Sin alertas abiertas.", "No open alerts."],
  back: ["Todas las alertas", "All alerts"],
  accept: ["Aceptar", "Accept"],
  acceptIn: ["Llego en", "I arrive in"],
  minutes: ["{count} min", "{count} min"],
  changeEta: ["Cambiar la hora de llegada", "Change the time of arrival"],
  navigate: ["Navegar", "Navigate"],
  arrive: ["Llegué al sitio", "I am on the scene"],
  closedToast: ["Cerrada: {where}", "Closed: {where}"],
  goneToast: ["Ya no le corresponde: {where}", "No longer yours: {where}"],
  mapLabel: ["Mapa del lugar", "Map of the place"],
};
