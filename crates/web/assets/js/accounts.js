// Accounts: who may sign in, for admins.
import { ask, me, mustBeSignedIn } from "./account.js";
import { language, t } from "./i18n.js";
import { Notice, show } from "./parts.js";
import { html, signal } from "./ui.js";

/**
 * @typedef {{name: string, role: string, agent: string|null, must_change: boolean, locked: boolean, created_at: number}} Account
 */

const ROLES = ["agent", "supervisor", "operator", "admin"];

/** @type {import("@preact/signals").Signal<Account[]|null>} */
const accounts = signal(null);
/** @type {import("@preact/signals").Signal<{tone: "calm"|"alarm", text: string, password?: string}|null>} */
const note = signal(null);

async function load() {
  const { status, data } = await ask("/accounts");
  if (status === 200) accounts.value = data.accounts;
  else note.value = { tone: "alarm", text: data?.detail ?? t("status_lost") };
}

/** Does something, says what came of it, and looks again. @param {string} name @param {Promise<import("./account.js").Answer>} asked @param {string} done */
async function act(name, asked, done) {
  const { status, data } = await asked;
  if (status >= 200 && status < 300) {
    note.value = data?.password
      ? { tone: "calm", text: t("account_password_is", { name }), password: data.password }
      : { tone: "calm", text: t(done, { name }) };
  } else {
    note.value = { tone: "alarm", text: data?.detail ?? t("status_lost") };
  }
  await load();
}

/** @param {Account} account @param {Record<string, unknown>} change @param {string} done */
const change = ({ name }, change, done) => act(name, ask(`/accounts/${encodeURIComponent(name)}`, "PATCH", change), done);

/** @param {Account} account */
function remove({ name }) {
  if (confirm(t("account_remove_sure", { name }))) void act(name, ask(`/accounts/${encodeURIComponent(name)}`, "DELETE"), "account_removed");
}

/** @param {SubmitEvent} event */
async function add(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const fields = new FormData(form);
  const text = (/** @type {string} */ key) => String(fields.get(key) ?? "").trim();
  await act(text("name"), ask("/accounts", "POST", { name: text("name"), role: text("role"), agent: text("agent") || null }), "account_made");
  if (note.value?.tone === "calm") form.reset();
}

/** @param {{name?: string, value?: string, label?: string, onChange?: (event: any) => void}} props */
function RoleChoice({ name, value, label, onChange }) {
  return html`<select name=${name} aria-label=${label} value=${value} onChange=${onChange}>
    ${ROLES.map((role) => html`<option value=${role}>${t(`role_${role}`)}</option>`)}</select>`;
}

/** @param {{account: Account}} props */
function Row({ account }) {
  const own = account.name === me.value?.name;
  const state = account.locked ? "account_locked" : account.must_change ? "account_must_change" : "account_open";
  const made = new Date(account.created_at * 1000).toLocaleDateString(language.value === "zh" ? "zh-CN" : "en-GB");
  const desk = (/** @type {any} */ event) => change(account, { agent: event.target.value.trim() || null }, "account_changed");
  const cell = (/** @type {string} */ key, /** @type {any} */ content) => html`<td data-label=${t(key)}>${content}</td>`;
  return html`<tr>
    ${cell("account_name", html`<b>${account.name}</b>`)}
    ${cell("account_role", html`<${RoleChoice} value=${account.role} label=${t("account_role_of", { name: account.name })}
      onChange=${(/** @type {any} */ event) => change(account, { role: event.target.value }, "account_changed")} />`)}
    ${cell("account_desk", html`<input value=${account.agent ?? ""} maxlength="64" aria-label=${t("account_desk_of", { name: account.name })} onChange=${desk} />`)}
    ${cell("account_made_on", made)}
    ${cell("account_state", html`<span class="pill ${account.locked ? "not_ready" : "ready"}">${t(state)}</span>`)}
    ${cell("account_do", html`<span class="actions">
      <button type="button" class="button small" onClick=${() => change(account, { new_password: true }, "account_changed")}>${t("account_new_password")}</button>
      <button type="button" class="button small" disabled=${own}
        onClick=${() => change(account, { locked: !account.locked }, "account_changed")}>${t(account.locked ? "account_unlock" : "account_lock")}</button>
      <button type="button" class="button small reject" disabled=${own} onClick=${() => remove(account)}>${t("account_remove")}</button></span>`)}
  </tr>`;
}

const HEADS = ["account_name", "account_role", "account_desk", "account_made_on", "account_state", "account_do"];

function Add() {
  return html`<form class="panel add" onSubmit=${add}>
    <h2>${t("account_add")}</h2>
    <div class="row">
      <label class="field"><span>${t("account_name")}</span><input name="name" required maxlength="64" autocomplete="off" /></label>
      <label class="field"><span>${t("account_role")}</span><${RoleChoice} name="role" /></label>
      <label class="field"><span>${t("account_desk")} <small>${t("account_desk_hint")}</small></span><input name="agent" maxlength="64" autocomplete="off" /></label>
      <button class="button go">${t("account_make")}</button>
    </div>
  </form>`;
}

function Page() {
  if (me.value && me.value.role !== "admin") return html`<${Notice} tone="alarm">${t("not_for_you")}<//>`;
  const told = note.value;
  return html`
    <div class="title"><h1>${t("accounts_head")}</h1></div>
    ${told && html`<${Notice} tone=${told.tone}>${told.text}${told.password && html` <code class="password">${told.password}</code> ${t("account_password_once")}`}<//>`}
    ${accounts.value === null ? html`<p class="quiet">${t("loading")}</p>` : html`<table class="calls accounts">
      <thead><tr>${HEADS.map((key) => html`<th scope="col">${t(key)}</th>`)}</tr></thead>
      <tbody>${accounts.value.map((account) => html`<${Row} key=${account.name} account=${account} />`)}</tbody></table>`}
    <${Add} />`;
}

void mustBeSignedIn().then((who) => {
  if (who?.role === "admin") void load();
});
show("accounts_title", Page);
