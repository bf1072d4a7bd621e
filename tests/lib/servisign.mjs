/* A web page as hufud meets it: HTTP over TLS written byte by byte, so that a test can send what no
 * browser would, and on top of that the calls of a ServiSign adapter. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { runInNewContext } from 'node:vm';

/* The published faces of the GPKI component: `windows` and `mac` name the same parameters
 * differently, and are found by different names themselves. */
export const faces = runInNewContext(
    `${readFileSync(new URL('../../web/kit/gpki-functions.js', import.meta.url))}; gpkiFaces`);

export const portalOrigin = 'https://portal.example.tw';

/* A bound for a hufud that says nothing; no test waits this long for what it expects. */
const silenceMs = 60_000;

export const toBase64 = (text) => Buffer.from(text).toString('base64');

/* --- HTTP --- */

/* The header lines of a page's request, in the order of Chromium. */
export function pageHeaders({ host, origin = portalOrigin, length }) {
    return [
        ['Host', host],
        ['Connection', 'keep-alive'],
        ['Content-Length', `${length}`],
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Accept', '*/*'],
        ['Origin', origin],
        ['Sec-Fetch-Site', 'cross-site'],
        ['Sec-Fetch-Mode', 'cors'],
        ['Sec-Fetch-Dest', 'empty'],
        ['Referer', `${origin}/`],
    ];
}

/* `headers` is a list of [name, value] that may say the same thing twice, or nonsense. */
export function requestBytes({ method = 'POST', target = '/', headers, body = '' }) {
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.concat([
        Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`), Buffer.from(body)]);
}

function parseHead(text) {
    const [status, ...lines] = text.split('\r\n');
    return {
        status: Number(status.match(/^HTTP\/1\.[01] (\d{3}) /)[1]),
        headers: lines.map((line) => line.match(/^([^:]+): (.*)$/).slice(1)),
    };
}

/* One connection; what arrives on it is kept until it is asked for. */
export class Connection {
    #received = Buffer.alloc(0);
    #ended = false;
    #error;
    #wake = () => {};

    constructor(socket) {
        this.socket = socket;
        socket.setTimeout(silenceMs, () => socket.destroy(new Error('hufud says nothing')));
        socket.on('data', (data) => {
            this.#received = Buffer.concat([this.#received, data]);
            this.#wake();
        });
        socket.on('error', (error) => {
            this.#error = error;
        });
        socket.on('close', () => {
            this.#ended = true;
            this.#wake();
        });
    }

    /* Resolves after the TLS handshake. Options as of tls.connect, host and port among them. */
    static open(options) {
        return new Promise((resolve, reject) => {
            const socket = connect({ host: '127.0.0.1', servername: 'localhost', ...options });
            socket.once('error', reject);
            socket.once('secureConnect', () => {
                socket.off('error', reject);
                resolve(new Connection(socket));
            });
        });
    }

    get isOpen() {
        return !this.#ended && this.socket.writable;
    }

    write(bytes) {
        return new Promise((resolve) => {
            this.socket.write(bytes, resolve);
        });
    }

    #next() {
        return new Promise((resolve) => {
            this.#wake = resolve;
        });
    }

    /* Takes `length` bytes, or all up to and with `mark`. */
    async #take(enough) {
        for (;;) {
            const length = enough(this.#received);
            if (length >= 0 && length <= this.#received.length) {
                const taken = this.#received.subarray(0, length);
                this.#received = this.#received.subarray(length);
                return taken;
            }
            if (this.#ended) {
                throw this.#error ?? new Error('hufud closed the connection');
            }
            await this.#next();
        }
    }

    /* The next response: { status, headers, body }. */
    async receive() {
        const head = await this.#take((bytes) => {
            const end = bytes.indexOf('\r\n\r\n');
            return end < 0 ? end : end + 4;
        });
        const { status, headers } = parseHead(head.toString('latin1', 0, head.length - 4));
        const length = headers.find(([name]) => name === 'Content-Length')?.[1] ?? 0;
        const body = await this.#take(() => Number(length));
        return { status, headers, body: body.toString('utf8') };
    }

    async exchange(bytes) {
        await this.write(bytes);
        return this.receive();
    }

    /* Resolves with what was not received yet, once hufud has closed the connection. */
    async closed() {
        while (!this.#ended) {
            await this.#next();
        }
        return this.#received;
    }

    close() {
        this.socket.destroy();
    }
}

/* --- ServiSign --- */

/* The form that carries one call. */
export function formBody(call) {
    return `Parameter=${encodeURIComponent(toBase64(JSON.stringify(call)))}`;
}

/* An argument as adapters send it: base64 of its text, percent-encoded. */
export function flagged(name, value) {
    return {
        [`${name}_ServiSignBase64Flag`]: true,
        [name]: encodeURIComponent(toBase64(String(value))),
    };
}

/* As strict as the adapters: standard base64 of UTF-8, in an object with nothing around it. */
function fromBase64(text) {
    const bytes = Buffer.from(text, 'base64');
    assert.equal(bytes.toString('base64'), text);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/* The members of an answer as texts. */
export function readAnswer({ body }) {
    assert.match(body, /^\{[^{}]*\}$/);
    return Object.fromEntries(Object.entries(JSON.parse(body))
        .map(([name, value]) => [name, fromBase64(value)]));
}

/* One page that talks to `daemon` (daemon.mjs); its own connections, its own session. */
export class Page {
    #free = [];
    #open = new Set();

    constructor(daemon, {
        origin = portalOrigin, port = daemon.port, address = '127.0.0.1', host = 'localhost',
        face = faces.windows,
    } = {}) {
        Object.assign(this, { daemon, origin, port, address, face });
        this.host = `${host}:${port}`;
        this.session = '';
        this.heartbeats = 0;
    }

    async connect(options) {
        const ca = readFileSync(this.daemon.certificate);
        const connection = await Connection.open(
            { host: this.address, port: this.port, ca, ...options });
        this.#open.add(connection);
        return connection;
    }

    requestBytes(body) {
        const { host, origin } = this;
        const headers = pageHeaders({ host, origin, length: Buffer.byteLength(body) });
        return requestBytes({ headers, body });
    }

    /* Sends a body; resolves with the response. A kept connection is used where one is free. */
    async post(body) {
        let connection = this.#free.pop();
        if (!connection?.isOpen) {
            connection = await this.connect();
        }
        const response = await connection.exchange(this.requestBytes(body));
        this.#free.push(connection);
        return response;
    }

    /* What every call ends with. */
    trailer() {
        const { comname, libdir, PathID, InstallerName } = this.face;
        return {
            comname, libdir, sessionid: this.session, ServiSignTabMode: 0,
            ServiSignBrowser: 'Chrome', JSVersion: '1.0.20.0423', minlibversion: '0.0.0.0',
            minserverversion: '0.0.0.0', InstallerName, PathID,
            ServiSignJSGenTime: '2020-04-23 10:00:00', AdapterJsonKeyCheck: true,
        };
    }

    /* One of the service's own functions; `members` come before the trailer, `changes` replace
     * parts of it. Resolves with the answer's members. */
    async ask(functionname, members = {}, changes = {}) {
        const call = { functionname, ...members, ...this.trailer(), ...changes };
        return readAnswer(await this.post(formBody(call)));
    }

    async echo() {
        const answer = await this.ask('ServiSignEcho');
        this.session = answer.SessionID;
        return answer;
    }

    /* The call of a component's function, as this page's adapter would build it. */
    buildCall(name, args) {
        const index = this.face.functions.findIndex(([known]) => known === name);
        const [, parameters, kind] = this.face.functions[index] ?? [name, '', 'text'];
        const names = parameters.split(' ').filter(Boolean);
        const members = args.map(
            (value, i) => flagged((names[i] ?? `more${i}*`).slice(0, -1), value));
        const polled = kind.includes('keep-alive')
            && { KeepAlive: true, topuidetect: true, ServiSignMainThread: true };
        return Object.assign({ functionname: name }, ...members,
            { ServiSignFunctionIndex: index, ...polled, ...this.trailer() });
    }

    /* Calls a component's function; resolves with the result's text. Polls as adapters do. */
    async call(name, ...args) {
        const body = formBody(this.buildCall(name, args));
        for (;;) {
            const { result } = readAnswer(await this.post(body));
            if (result !== 'heartbeat') {
                return result;
            }
            this.heartbeats += 1;
        }
    }

    async lastError() {
        return Number(await this.call('get_lastError'));
    }

    /* Asks for news of readers and cards; resolves with the response, as soon as there is one. */
    async event(message = {}, { type = 'text/plain;charset=UTF-8', connection } = {}) {
        const body = typeof message === 'string' ? message : JSON.stringify(message);
        const { host, origin } = this;
        const headers = pageHeaders({ host, origin, length: Buffer.byteLength(body) })
            .map(([name, value]) => [name, name === 'Content-Type' ? type : value]);
        const own = connection ?? await this.connect();
        const response = await own.exchange(requestBytes({ target: '/v1/events', headers, body }));
        if (!connection) {
            own.close();
        }
        return response;
    }

    close() {
        this.#open.forEach((connection) => connection.close());
    }
}
