// Signing in, and changing the password that another person gave.
import { ask, me, nextPage, signIn, whoAmI } from "./account.js";
import { t } from "./i18n.js";
import { Notice, show } from "./parts.js";
import { html, signal } from "./ui.js";

const wrong = signal("");
const busy = signal(false);
/** The password that has just been right, while another one is asked for. */
let given = "";

/** @param {import("./account.js").Answer} answer */
function why({ status, data }) {
  if (status === 0) return t("status_lost");
  if (status === 401) return t("sign_in_wrong");
  if (status === 429) return t("sign_in_slow");
  return data?.detail ?? t("sign_in_failed");
}

/** @param {SubmitEvent} event @param {(fields: FormData) => Promise<string>} act answers what is wrong, or nothing */
async function submit(event, act) {
  event.preventDefault();
  if (busy.value) return;
  busy.value = true;
  wrong.value = await act(new FormData(/** @type {HTMLFormElement} */ (event.target)));
  busy.value = false;
}

/** @param {FormData} fields */
async function enter(fields) {
  given = String(fields.get("password"));
  const answer = await signIn(String(fields.get("name")).trim(), given);
  if (answer.status !== 200) return why(answer);
  if (!answer.data.must_change) location.assign(nextPage(location.search));
  return "";
}

/** @param {FormData} fields */
async function change(fields) {
  const [old, fresh, again] = ["old", "new", "again"].map((name) => String(fields.get(name) ?? ""));
  if (fresh !== again) return t("password_differs");
  if ([...fresh].length < 10) return t("password_short");
  const name = me.value?.name ?? "";
  const answer = await ask("/session/password", "PUT", { old: given || old, new: fresh });
  if (answer.status !== 204) return why(answer);
  const anew = await signIn(name, fresh);
  if (anew.status !== 200) return why(anew);
  location.assign(nextPage(location.search));
  return "";
}

/** @param {{name: string, label: string, kind: string, complete: string, hint?: string}} props */
function Field({ name, label, kind, complete, hint }) {
  return html`<label class="field"><span>${label}${hint && html` <small>${hint}</small>`}</span>
    <input name=${name} type=${kind} autocomplete=${complete} required maxlength="256" spellcheck=${false} autocapitalize="off" /></label>`;
}

function Enter() {
  return html`<form class="panel sign-in" onSubmit=${(/** @type {SubmitEvent} */ event) => submit(event, enter)}>
    <h1>${t("sign_in_head")}</h1>
    <p class="quiet">${t("sign_in_lead")}</p>
    <${Field} name="name" label=${t("account_name")} kind="text" complete="username" />
    <${Field} name="password" label=${t("account_password")} kind="password" complete="current-password" />
    ${wrong.value && html`<${Notice} tone="alarm">${wrong.value}<//>`}
    <button class="button go" disabled=${busy.value}>${t("sign_in")}</button>
  </form>`;
}

function Change() {
  return html`<form class="panel sign-in" onSubmit=${(/** @type {SubmitEvent} */ event) => submit(event, change)}>
    <h1>${t("password_head")}</h1>
    <p class="quiet">${t("password_lead", { name: me.value?.name ?? "" })}</p>
    ${!given && html`<${Field} name="old" label=${t("password_old")} kind="password" complete="current-password" />`}
    <${Field} name="new" label=${t("password_new")} hint=${t("password_hint")} kind="password" complete="new-password" />
    <${Field} name="again" label=${t("password_again")} kind="password" complete="new-password" />
    ${wrong.value && html`<${Notice} tone="alarm">${wrong.value}<//>`}
    <button class="button go" disabled=${busy.value}>${t("password_change")}</button>
  </form>`;
}

function Page() {
  if (me.value === undefined) return html`<p class="quiet">${t("loading")}</p>`;
  return me.value?.must_change ? html`<${Change} />` : html`<${Enter} />`;
}

void whoAmI().then((who) => {
  if (who && !who.must_change) location.replace(nextPage(location.search));
});
show("sign_in_title", Page);
