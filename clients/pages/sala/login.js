/** The door: an account, its password, and the authenticator's code where the account has one. */

import { byId, setText } from "../shared/elements.js";
import { onLanguage, said } from "../shared/language.js";
import { Declined, logIn } from "./session.js";

/** Show the form until somebody is let in; then `done(session)`. */
export function showLogin(done) {
  let refused = null;
  const speak = () => setText(byId("loginError"), refused ? said(refused.text) : "");
  onLanguage(speak);
  byId("login").hidden = false;
  byId("account").focus();
  byId("loginForm").addEventListener("submit", async (event) => {
    event.preventDefault();
    byId("logIn").disabled = true;
    try {
      const session = await logIn(byId("account").value, byId("password").value, byId("totp").value);
      byId("login").hidden = true;
      byId("loginForm").reset();
      refused = null;
      done(session);
    } catch (error) {
      if (!(error instanceof Declined)) throw error;
      refused = error;
      if (error.code === "totp_required") byId("oneTime").hidden = false;
      byId(error.code === "totp_required" ? "totp" : "password").focus();
    } finally {
      byId("logIn").disabled = false;
      speak();
    }
  });
}
