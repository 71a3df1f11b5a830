/** Every sentence of the panic page: Spanish, English. */

export const WORDS = {
  title: ["Botón de pánico", "Panic button"],
  enrolTitle: ["Active este teléfono", "Set this phone up"],
  kind: ["¿Qué pasa?", "What is it?"],
  unknownKind: ["Llamado", "Call"],
  hold: ["Mantenga oprimido", "Press and hold"],
  holdLabel: [
    "Pedir ayuda: mantenga oprimido un segundo",
    "Call for help: press and hold for a second",
  ],
  shield: ["Cuadrante", "Cuadrante"],
  drill: ["Simulacro: nadie sale a atenderlo", "Drill: nobody goes out"],
  emergency: ["Llamar al 123", "Call 123"],
  place: ["Ubicación lista, ±{metres} m", "Position ready, ±{metres} m"],
  noPlace: [
    "Sin ubicación: se usará su dirección registrada.",
    "No position: your registered address will be used.",
  ],
  allowPlace: ["Permitir ubicación", "Allow position"],
  sending: ["Enviando…", "Sending…"],
  waiting: [
    "Sin red. Guardada en este teléfono: sale apenas vuelva la conexión. Si puede, llame al 123.",
    "No network. Kept on this phone: it leaves once the connection is back. If you can, call 123.",
  ],
  waitingUnkept: [
    "Sin red. No cierre esta página: el llamado sale apenas vuelva la conexión. Llame al 123.",
    "No network. Do not close this page: the call leaves once the connection is back. Call 123.",
  ],
  unknownDevice: [
    "El servidor no reconoce este teléfono: el llamado NO ha salido. Llame al 123. Con un código nuevo sale enseguida.",
    "The server does not know this phone: the call has NOT left. Call 123. With a new code it leaves at once.",
  ],
  notLeft: ["Este llamado no salió. Llame al 123.", "This call did not leave. Call 123."],
  stale: [
    "Sin conexión: última noticia {at}.",
    "No connection: last news at {at}.",
  ],
  stages: ["Cómo va su llamado", "How far your call has got"],
  received: ["Recibida", "Received"],
  stored: ["Guardada", "Stored"],
  delivered: ["Entregada", "Delivered"],
  deliveredTo: ["Entregada a {count}", "Delivered to {count}"],
  accepted: ["Aceptada", "Accepted"],
  acceptedBy: ["Aceptada por {patrol}", "Accepted by {patrol}"],
  acceptedEta: [
    "Aceptada por {patrol}, llega en {minutes} min",
    "Accepted by {patrol}, {minutes} min away",
  ],
  on_scene: ["En el sitio", "On the scene"],
  closed: ["Cerrada", "Closed"],
  ended: ["Terminó.", "It has ended."],
  cancel: ["Cancelar el llamado", "Cancel the call"],
  cancelTitle: ["¿Cancelar el llamado?", "Cancel the call?"],
  cancelHelp: [
    "La patrulla verá que lo canceló y decidirá si pasa a verificar.",
    "The patrol will see that you cancelled, and decide whether to check on you.",
  ],
  cancelYes: ["Sí, cancelar", "Yes, cancel"],
  cancelNo: ["No, sigo necesitando ayuda", "No, I still need help"],
  cancelling: ["Avisando la cancelación…", "Telling that you cancelled…"],
  cancelled: [
    "La patrulla sabe que canceló; ella decide.",
    "The patrol knows that you cancelled; it decides.",
  ],
  dismiss: ["Listo", "Done"],
};
