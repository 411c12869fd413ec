// The JSON API: fetch with the CSRF token; problem+json becomes an error with a sentence.

const NO_CONTENT = 204;
const UNAVAILABLE = 503;

export class ApiProblem extends Error {
  /** `message` is a sentence for the person; `fields` maps a field's name to the reason. */
  constructor(message, status, fields = {}) {
    super(message);
    this.status = status;
    this.fields = fields;
  }

  get unavailable() {
    return this.status === 0 || this.status >= UNAVAILABLE;
  }
}

export const get = (address, parameters = {}) => call("GET", withQuery(address, parameters));
export const post = (address, body = {}) => call("POST", address, body);
export const patch = (address, body) => call("PATCH", address, body);
export const remove = (address) => call("DELETE", address);

export function upload(address, files) {
  const form = new FormData();
  for (const [name, file] of Object.entries(files)) form.append(name, file);
  return call("POST", address, form);
}

/** Every page of a list, one after the other. */
export async function getAll(address, parameters = {}, perPage = 200) {
  const items = [];
  for (let page = 1; ; page += 1) {
    const answer = await get(address, { ...parameters, page, per_page: perPage });
    items.push(...answer.items);
    if (items.length >= answer.total || answer.items.length === 0) return items;
  }
}

function withQuery(address, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  return query.size ? `${address}?${query}` : address;
}

async function call(method, address, body) {
  let response;
  try {
    response = await fetch(address, options(method, body));
  } catch {
    throw new ApiProblem("The server does not answer; check the connection and try again.", 0);
  }
  if (response.status === NO_CONTENT) return null;
  const answer = await readJson(response);
  if (response.ok) return answer;
  throw new ApiProblem(
    answer?.detail || answer?.title || `The server answered with status ${response.status}.`,
    response.status,
    answer?.errors || {},
  );
}

function options(method, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") {
    headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
  }
  if (body === undefined || body instanceof FormData) return { method, headers, body };
  return {
    method, body: JSON.stringify(body), headers: { ...headers, "Content-Type": "application/json" },
  };
}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    return null; // an answer without a body of ours, from a proxy for example
  }
}
