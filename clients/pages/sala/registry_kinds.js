/**
 * What is administered: people, fronts and devices. One table says where each is, what a list shows of
 * it, and how its form becomes what the console takes, and back.
 */

import { words } from "../shared/language.js";

export const ROLES = ["app", "button", "patrol", "siren", "camera", "gateway", "operator", "supervisor"];
const ID = { pattern: "[A-Za-z0-9._:\\-]{1,64}", required: true, maxlength: 64, autocapitalize: "none" };
const NAME = { required: true, maxlength: 64 };
const KIN = { pattern: ID.pattern, maxlength: 64, autocapitalize: "none" };
const COUNT = { type: "number", min: 0, max: 1000, step: 1 };
const PLACE = [
  { name: "lat", type: "number", min: -90, max: 90, step: "any", inputmode: "decimal" },
  { name: "lon", type: "number", min: -180, max: 180, step: "any", inputmode: "decimal" },
  { name: "address", maxlength: 120 },
];

/**
 * Each field of a form has the words of its `name` for its label. One that is `onlyFor` a role is
 * essential to it, and to no other.
 */
export const KINDS = {
  devices: {
    id: "device_id",
    shows: ({ device_id, name, role, quadrant, front_id }) => [
      device_id,
      name,
      words(`role_${role}`),
      quadrant ?? front_id ?? "",
    ],
    fields: [
      { name: "device_id", ...ID },
      { name: "name", ...NAME },
      { name: "role", options: ROLES },
      { name: "quadrant", maxlength: 32, onlyFor: "patrol" },
      { name: "person_id", ...KIN },
      { name: "front_id", ...KIN },
      { name: "gateway_id", ...KIN },
      ...PLACE,
      { name: "heartbeat_s", type: "number", min: 5, max: 604_800, step: 1 },
    ],
    asBody: ({ lat, lon, address, ...rest }) => ({ ...rest, spot: spot(lat, lon, address) }),
    asFields: (row) => row,
  },
  fronts: {
    id: "front_id",
    shows: ({ front_id, name, barrio, coordinator_id }) => [front_id, name, barrio, coordinator_id ?? ""],
    fields: [
      { name: "front_id", ...ID },
      { name: "name", ...NAME },
      { name: "barrio", maxlength: 64 },
      { name: "coordinator_id", ...KIN },
      ...PLACE,
      { name: "sirens", ...COUNT },
      { name: "cameras", ...COUNT },
      { name: "buttons", ...COUNT },
      { name: "weekday", options: ["", "1", "2", "3", "4", "5", "6", "7"] },
      { name: "at", type: "time" },
      { name: "testMinutes", type: "number", min: 1, max: 60, step: 1 },
    ],
    asBody: ({ lat, lon, address, weekday, at, testMinutes, sirens, cameras, buttons, barrio, ...rest }) => ({
      ...rest,
      barrio: barrio ?? "",
      sirens: sirens ?? 0,
      cameras: cameras ?? 0,
      buttons: buttons ?? 0,
      spot: spot(lat, lon, address),
      siren_tests: weekday && at ? { weekday: Number(weekday), at, minutes: testMinutes ?? 15 } : null,
    }),
    asFields: (row) => ({ ...row, ...sirenTests(row) }),
  },
  people: {
    id: "person_id",
    shows: ({ person_id, name, phone }) => [person_id, name, phone],
    fields: [
      { name: "person_id", ...ID },
      { name: "name", ...NAME },
      { name: "phone", type: "tel", maxlength: 24 },
    ],
    asBody: ({ phone, ...rest }) => ({ ...rest, phone: phone ?? "" }),
    asFields: (row) => row,
  },
};

function spot(lat, lon, address) {
  return lat === null || lon === null ? null : { lat, lon, address: address ?? "" };
}

const DAY_MIN = 24 * 60;

/** The weekly window, kept as minutes since Monday 00:00. */
function sirenTests({ siren_test_week_min: weekMin, siren_test_lasts_min: minutes }) {
  if (weekMin === null) return {};
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const ofDay = weekMin % DAY_MIN;
  return {
    weekday: String(Math.floor(weekMin / DAY_MIN) + 1),
    at: `${two(ofDay / 60)}:${two(ofDay % 60)}`,
    testMinutes: minutes,
  };
}
