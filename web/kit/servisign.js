'use strict';

/* What adapters of every template version do: find the service, call its functions with
 * synchronous requests, keep the last code. Written from docs/protocol/servisign.md; pages call
 *
 *     const gpki = createAdapter(templates['1.0.20.0423'], gpkiFaces.windows);
 *     if (!gpki) show(ServiSign_GetErrorCode());
 */

/* Filled by the adapter-VERSION.js files. */
const templates = {};

const defaultPorts = [56421, 56521, 56621];

const code = { ok: 0, general: 61001, noService: 61006, proxy: 61014, disconnected: 61015 };

let lastCode = code.general;

/* One entry per answered request, for the tests: function name and the exact text. */
const trace = [];

function ServiSign_GetErrorCode() {
    return lastCode;
}

function toBase64(text) {
    let binary = '';
    for (const byte of new TextEncoder().encode(text)) {
        binary += String.fromCharCode(byte);
    }
    return btoa(binary);
}

function fromBase64(field) {
    if (field === undefined || field === null) {
        return '';
    }
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(field) || field.length % 4 !== 0) {
        throw new Error('not standard base64 text');
    }
    const bytes = Uint8Array.from(atob(field), (c) => c.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function browserName() {
    const known = [['OPR/', 'Opera'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'],
        ['Safari/', 'Safari']];
    const found = known.find(([mark]) => navigator.userAgent.includes(mark));
    return found ? found[1] : 'unknown';
}

/* The request object: JSON keeps the order in which keys are added, and the order has meaning. */
function buildCall(functionname, parameters, args) {
    const call = { functionname };
    parameters.forEach((parameter, i) => {
        const name = parameter.replace('*', '');
        if (name !== parameter) {
            call[`${name}_ServiSignBase64Flag`] = true;
            call[name] = encodeURIComponent(toBase64(String(args[i])));
        } else {
            call[name] = args[i];
        }
    });
    return call;
}

function readReturn(kind, text) {
    if (kind === 'int') {
        return parseInt(text, 10);
    }
    if (kind === 'list') {
        const items = text.split(';');
        items.pop();
        items.toArray = () => items;
        return items;
    }
    return text;
}

class Connection {
    constructor(template, component) {
        this.template = template;
        this.component = component;
        this.session = '';
        this.reply = {};
    }

    addTrailer(call) {
        return Object.assign(call, {
            comname: this.component.comname,
            libdir: this.component.libdir,
            sessionid: this.session,
            ServiSignTabMode: 0,
            ServiSignBrowser: browserName(),
            JSVersion: this.template.version,
            minlibversion: this.component.minlibversion ?? '0.0.0.0',
            minserverversion: this.component.minserverversion ?? '0.0.0.0',
            InstallerName: this.component.InstallerName,
            PathID: this.component.PathID,
            ServiSignJSGenTime: this.template.generated,
            AdapterJsonKeyCheck: true,
        });
    }

    send(call, asynchronous) {
        const request = new XMLHttpRequest();
        request.open('POST', this.url, asynchronous);
        request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
        request.send(`Parameter=${encodeURIComponent(toBase64(JSON.stringify(call)))}`);
        return request;
    }

    /* Without a readable answer the reply before it stays in place, and a page that does not ask
     * for the code takes it for the new one. Published adapters behave so. */
    exchange(call) {
        try {
            const request = this.send(call, false);
            trace.push({ functionname: call.functionname, text: request.responseText });
            this.viaProxy = request.getResponseHeader('Via') !== null;
            this.reply = this.template.readReply(request.responseText);
            lastCode = code.ok;
        } catch {
            lastCode = code.disconnected;
        }
    }

    /* Asks the service at `url` for its versions; the last code says how it went. */
    probe(url) {
        this.url = url;
        this.exchange(this.addTrailer({ functionname: this.template.echo }));
        if (lastCode === code.ok) {
            const result = fromBase64(this.reply.result);
            lastCode = this.viaProxy ? code.proxy : Number(result || 0);
        }
    }

    /* Every port by name, then every port by address; the first that answers well is kept. */
    connect(ports) {
        const urls = ['localhost', '127.0.0.1']
            .flatMap((host) => ports.map((port) => `https://${host}:${port}`));
        const ends = [code.ok, code.proxy, ...this.template.stopsProbing];
        for (const url of urls) {
            this.probe(url);
            if (ends.includes(lastCode)) {
                break;
            }
        }
        if (lastCode === code.disconnected) {
            lastCode = code.noService;
        }
        return lastCode === code.ok;
    }

    rememberEcho() {
        this.versions = {
            server: fromBase64(this.reply.ServerVersion),
            library: fromBase64(this.reply.LibVersion),
            installer: fromBase64(this.reply.InstallerVersion),
        };
        this.session = this.session || fromBase64(this.reply.SessionID);
    }

    call(index, args) {
        const [name, parameters, returns] = this.component.functions[index];
        const [kind, keepAlive] = returns.split(' ');
        const call = buildCall(name, parameters.split(' ').filter(Boolean), args);
        call.ServiSignFunctionIndex = index;
        if (keepAlive) {
            Object.assign(call, { KeepAlive: true, topuidetect: true, ServiSignMainThread: true });
        }
        this.addTrailer(call);
        let text = '';
        do {
            this.exchange(call);
            text = this.readResult();
        } while (keepAlive && text === 'heartbeat' && lastCode === code.ok);
        return readReturn(kind, text);
    }

    /* The service's own functions take plain members and answer with a text. */
    callService(functionname, members) {
        this.exchange(this.addTrailer({ functionname, ...members }));
        return this.readResult();
    }

    readResult() {
        try {
            return fromBase64(this.reply.result);
        } catch {
            return '';
        }
    }

    release(functionname, asynchronous) {
        this.send(this.addTrailer({ functionname, minlibversion: '0.0.0.0' }), asynchronous);
        this.session = '';
    }
}

/* The component as an object with one method per function, or undefined. */
function createAdapter(template, component, ports = defaultPorts) {
    lastCode = code.general;
    const connection = new Connection(template, component);
    if (!connection.connect(ports)) {
        return undefined;
    }
    connection.rememberEcho();
    window.addEventListener('beforeunload', () => {
        if (lastCode === code.ok) {
            connection.release('ServiSignRelease', true);
        }
    });
    const adapter = {
        GetServiSignVersion: () => connection.versions.server,
        GetLibVersion: () => connection.versions.library,
        GetInstallerVersion: () => connection.versions.installer,
        GetFakeErrorCode: () => 0,
        setServiSignValue: (channel, domain_list, timeout, value) => connection.callService(
            'setServiSignValue',
            { channel, domain_list, timeout, value, value_ServiSignHide: true }),
        getServiSignValue: (channel) => connection.callService(
            'getServiSignValue', { channel, hide_result: true }),
        ServiSignForceRelease: () => connection.release('ServiSignForceRelease', false),
    };
    component.functions.forEach(([name], index) => {
        adapter[name] = (...args) => connection.call(index, args);
    });
    return adapter;
}
