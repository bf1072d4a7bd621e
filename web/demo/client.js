/* Talks to hufu the way published pages do (docs/protocol/servisign.md), with promises instead of
 * a frozen page. Resolves with texts, rejects with a CallError that carries the code to show. */

export const defaultPorts = [56421, 56521, 56621];

export const codes = { general: 61001, noService: 61006, disconnected: 61015 };

const component = {
    comname: 'YuantaCGGPKICryptSVIAdapter',
    libdir: 'Yuanta',
    PathID: '',
    InstallerName: 'YuantaServiSignAdapterSetup',
};

/* The functions that the demo needs, with their place in the published library. */
const functions = {
    get_lastError: { index: 0, parameters: [] },
    GPKI_EnumCerts: { index: 1, parameters: ['iFlags'], keepAlive: true },
    CAPICertGetIssuer: { index: 3, parameters: ['strCert', 'iFlags'] },
    CAPICertGetSubject: { index: 4, parameters: ['strCert', 'iFlags'] },
    GPKI_GetTailOfCitizenID: { index: 5, parameters: ['strCert', 'iFlags'] },
    CAPICertGetNotBefore: { index: 12, parameters: ['strCert', 'iFlags'] },
    CAPICertGetNotAfter: { index: 13, parameters: ['strCert', 'iFlags'] },
    GPKI_GetSlotCount: { index: 45, parameters: [] },
    GPKI_SignData: {
        index: 49,
        parameters: ['sOptPIN', 'sData', 'signcodepage', 'iFlags', 'iHashFlag'],
    },
    GPKI_DetectCard: { index: 55, parameters: ['iFlags'] },
};

export class CallError extends Error {
    constructor(code) {
        super(`code ${code}`);
        this.code = code;
    }
}

function toBase64(text) {
    const bytes = new TextEncoder().encode(text);
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function fromBase64(field = '') {
    const bytes = Uint8Array.from(atob(field), (c) => c.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

async function post(url, call, options = {}) {
    const response = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: `Parameter=${encodeURIComponent(toBase64(JSON.stringify(call)))}`,
        ...options,
    });
    return response.json();
}

function buildCall(name, args) {
    const { index, parameters, keepAlive } = functions[name];
    const call = { functionname: name };
    parameters.forEach((parameter, i) => {
        call[`${parameter}_ServiSignBase64Flag`] = true;
        call[parameter] = encodeURIComponent(toBase64(String(args[i])));
    });
    call.ServiSignFunctionIndex = index;
    return keepAlive
        ? { ...call, KeepAlive: true, topuidetect: true, ServiSignMainThread: true }
        : call;
}

function withTrailer(call, session) {
    return {
        ...call,
        comname: component.comname,
        libdir: component.libdir,
        sessionid: session,
        ServiSignTabMode: 0,
        ServiSignBrowser: navigator.userAgent.includes('Firefox/') ? 'Firefox' : 'Chrome',
        JSVersion: '1.0.20.0423',
        minlibversion: '0.0.0.0',
        minserverversion: '0.0.0.0',
        InstallerName: component.InstallerName,
        PathID: component.PathID,
        ServiSignJSGenTime: '2026-01-01 00:00:00',
        AdapterJsonKeyCheck: true,
    };
}

/* The first service that answers, or the code of the last one that refused. */
export async function connect(ports = defaultPorts) {
    let code = codes.noService;
    for (const host of ['localhost', '127.0.0.1']) {
        for (const port of ports) {
            const url = `https://${host}:${port}`;
            try {
                const reply = await post(url, withTrailer({ functionname: 'ServiSignEcho' }, ''));
                code = Number(fromBase64(reply.result));
                if (code === 0) {
                    return new Service(url, reply);
                }
            } catch {
                code = codes.noService;
            }
        }
    }
    throw new CallError(code);
}

export class Service {
    #session;

    constructor(url, echo) {
        this.address = url;
        this.#session = fromBase64(echo.SessionID);
        this.version = fromBase64(echo.ServerVersion);
    }

    async #send(call) {
        try {
            const reply = await post(this.address, withTrailer(call, this.#session));
            return fromBase64(reply.result);
        } catch {
            throw new CallError(codes.disconnected);
        }
    }

    /* Resolves with the function's text, or rejects with the component's code. */
    async call(name, ...args) {
        const call = buildCall(name, args);
        let text;
        do {
            text = await this.#send(call);
        } while (text === 'heartbeat');
        const code = Number(await this.#send(buildCall('get_lastError', [])));
        if (code !== 0) {
            throw new CallError(code);
        }
        return text;
    }

    /* For the moment the page goes away: hufu need not keep the session. */
    release() {
        const call = withTrailer({ functionname: 'ServiSignRelease' }, this.#session);
        post(this.address, call, { keepalive: true }).catch(() => {});
    }
}
