/** The sentences that every page shares: Spanish, English. */

export const SHARED_WORDS = {
  language: ["English", "Español"],
  enrolHelp: [
    "Escriba el código que le dieron, o escanéelo.",
    "Type the code that you were given, or scan it.",
  ],
  code: ["Código", "Code"],
  enrol: ["Activar", "Set up"],
  enrolling: ["Activando…", "Setting up…"],
  scan: ["Escanear QR", "Scan QR"],
  stopScan: ["Cerrar la cámara", "Close the camera"],
  noCamera: ["No se pudo abrir la cámara.", "The camera could not be opened."],
  wrongRole: [
    "Ese código es de otra clase de dispositivo. Pida el suyo.",
    "That code is another kind of device's. Ask for yours.",
  ],
  notLasting: [
    "Este navegador no guarda datos: si cierra la página, habrá que activarla otra vez.",
    "This browser keeps no data: if you close the page, it must be set up again.",
  ],
  noServer: [
    "No se pudo preguntar dónde está el servidor. Revise la red y vuelva a abrir la página.",
    "It could not be asked where the server is. Check the network and open the page again.",
  ],
  replaceHelp: [
    "Este dispositivo ya está activado. Con un código nuevo pasa a ser otro.",
    "This device is set up already. With a new code it becomes another one.",
  ],
  keepOld: ["Seguir con el actual", "Keep the present one"],
  up: ["Conectado", "Connected"],
  connecting: ["Conectando…", "Connecting…"],
  down: ["Sin conexión desde hace {since}", "No connection for {since}"],
  replaced: [
    "Se abrió en otra ventana; aquí está en pausa.",
    "It was opened in another window; it is paused here.",
  ],
  useHere: ["Usar aquí", "Use it here"],
  refused: [
    "El servidor ya no reconoce este dispositivo. Pida un código nuevo.",
    "The server no longer knows this device. Ask for a new code.",
  ],
  newCode: ["Tengo un código nuevo", "I have a new code"],
  panic: ["Pánico", "Panic"],
  medical: ["Médica", "Medical"],
  fire: ["Incendio", "Fire"],
  intrusion: ["Intrusión", "Intruder"],
  silent: ["Silenciosa", "Silent"],
  test: ["Simulacro", "Drill"],
};
