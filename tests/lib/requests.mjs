/* Requests that no browser sends: an echo of a page, with something changed. */
import { flagged, formBody, pageHeaders, requestBytes } from './servisign.mjs';

/* --- changes: functions from a request's parts to other parts --- */

/* A request is { method, target, headers, body }; values may be functions, for what is known only
 * when hufud runs. */
const valueOf = (value) => (typeof value === 'function' ? value() : value);
export const is = (name) => ([header]) => header.toLowerCase() === name.toLowerCase();
export const headers = (change) => ({ headers: change });
export const drop = (name) => headers((list) => list.filter((header) => !is(name)(header)));
export const add = (name, value) => headers((list) => [...list, [name, valueOf(value)]]);
export const repeat = (name) => headers((list) => [...list, list.find(is(name))]);
export const set = (name, value) => headers((list) => list.map(
    (header) => (is(name)(header) ? [header[0], valueOf(value)] : header)));
export const rename = (name, other) => headers((list) => list.map(
    (header) => (is(name)(header) ? [other, header[1]] : header)));
export const fill = (count) => headers((list) => [
    ...list, ...Array.from({ length: count - list.length }, (_, i) => [`X-${i}`, 'x'])]);

/* Both changes of the header lines, one after the other. */
export const both = (one, other) => headers((list) => other.headers(one.headers(list)));

export const headerOf = (response, name) => response.headers.find(is(name))?.[1];

export const echoBody = (page) => formBody({ functionname: 'Echo', ...page.trailer() });

/* The bytes of an echo of `page` with something wrong. */
export function changedRequest(page, { method, target, body = echoBody(page), headers: change }) {
    const { host, origin } = page;
    const list = pageHeaders({ host, origin, length: Buffer.byteLength(body) });
    return requestBytes({ method, target, headers: change ? change(list) : list, body });
}

/* --- exchanges --- */

/* Sends it on a connection of its own. Resolves with { status, headers, body, rest }, where `rest`
 * is all that came after the first response, once hufud has closed the connection. */
export async function sendToEnd(page, bytes, options) {
    const connection = await page.connect(options);
    try {
        const response = await connection.exchange(bytes);
        return { ...response, rest: `${await connection.closed()}` };
    } finally {
        connection.close();
    }
}

/* Sends it and does not mind what happens: a response, or none. */
async function send(page, bytes) {
    const connection = await page.connect();
    await connection.exchange(bytes).catch(() => {});
    connection.close();
}

/* Says `text` in everything that a page can fill in: each member of a call, each header, the path,
 * the query, each parameter of each function of the page's face. */
export async function sayEverywhere(page, text) {
    const call = { functionname: 'GPKI_GetSlotCount', ...page.trailer() };
    const more = ['hide_result', 'public_key_hex', 'domain_list', 'channel', 'value', 'timeout'];
    for (const name of [...Object.keys(call), ...more]) {
        await page.post(formBody({ ...call, [name]: text }));
        await page.post(formBody({ ...call, functionname: 'ServiSignEcho', [name]: text }));
    }
    await page.post(formBody({ ...call, [text]: text, ...flagged('a', text) }));
    for (const functionname of ['setServiSignValue', 'getServiSignValue']) {
        const members = { channel: text, domain_list: text, timeout: '9', value: text };
        await page.post(formBody({ ...call, functionname, ...members }));
    }
    for (const [name, parameters] of page.face.functions) {
        await page.call(name, ...parameters.split(' ').map(() => text));
    }
    const word = text.replaceAll(/[\r\n\0]/g, ' ').slice(0, 4096);
    for (const name of ['Host', 'Origin', 'Content-Type', 'Referer', 'Sec-Fetch-Mode']) {
        await send(page, changedRequest(page, set(name, word)));
    }
    for (const name of ['User-Agent', 'Accept-Language', 'Cookie', 'X-Odd', 'X-Forwarded-For']) {
        await send(page, changedRequest(page, add(name, word)));
    }
    for (const target of [`/${encodeURI(word)}`, `/?${encodeURI(word)}`, `/${word}`]) {
        await send(page, changedRequest(page, { target }));
    }
}

