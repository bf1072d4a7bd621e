/* The page of hufu kit: a row for each function of the component, with arguments that fit. Its ports and its
 * PIN come with the address (?ports=20000,20001,20002&pin=123456), or are typed. */

const form = document.getElementById('connection');
const state = document.getElementById('state');
const table = document.querySelector('table');
const rows = document.getElementById('functions');
const callAll = document.getElementById('all');

/* What later calls need of earlier ones. */
const found = { certificate: '', signature: '', cipher: '' };

let gpki;

const sha256 = '4';

/* What goes into a parameter of this name: the first row that fits. */
const fills = [
    [/pin/i, () => form.elements.pin.value],
    [/cert$/i, () => found.certificate],
    [/signature$/i, () => found.signature],
    [/cipher$/i, () => found.cipher],
    [/hashflag/i, () => sha256],
    [/flags?$|usage$|^index$|^slot$/i, () => '0'],
    [/codepage/i, () => 'MS950'],
    [/base64string/i, () => btoa('challenge 42')],
    [/data$/i, () => '登入挑戰 42'],
    [/oid$/i, () => '2.16.886.1.100.2.1'],
    [/./, () => ''],
];

const fillOf = (parameter) => fills.find(([pattern]) => pattern.test(parameter))[1]();

function element(name, properties, ...children) {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
}

/* An argument that nobody typed follows what was found. */
function argumentField(parameter) {
    const input = element('input', { name: parameter, size: 12 });
    input.addEventListener('input', () => {
        input.typed = true;
    });
    return element('label', {}, parameter, input);
}

function remember(name, value) {
    if (/^GPKI_EnumCerts/.test(name)) {
        found.certificate = Array.isArray(value) ? value[0] ?? '' : value.split(';')[0];
    } else if (/^GPKI_(SignData|PureSign)$/.test(name) && value) {
        found.signature = value;
    } else if (/EncryptByCert$/.test(name) && value) {
        found.cipher = value;
    }
}

/* As any page does: the function, then its code. */
function callRow(row) {
    const inputs = [...row.querySelectorAll('input')];
    inputs.filter((input) => !input.typed).forEach((input) => {
        input.value = fillOf(input.name);
    });
    const { name } = row.dataset;
    const start = performance.now();
    const value = gpki[name](...inputs.map((input) => input.value));
    const code = gpki.get_lastError();
    remember(name, value);
    row.querySelector('.result').textContent = Array.isArray(value) ? [...value].join('\n') : String(value);
    row.querySelector('.code').textContent = String(code);
    row.querySelector('.time').textContent = String(Math.round(performance.now() - start));
    row.classList.toggle('failed', code !== 0);
}

function functionRow([name, parameters]) {
    const fields = parameters.split(' ').filter(Boolean)
        .map((parameter) => argumentField(parameter.replace('*', '')));
    const row = element('tr', {}, element('td', {}, name), element('td', {}, ...fields),
        element('td', {}, element('button', { type: 'button', textContent: '呼叫 Call' })),
        element('td', { className: 'result' }), element('td', { className: 'code' }),
        element('td', { className: 'time' }));
    row.dataset.name = name;
    row.querySelector('button').addEventListener('click', () => callRow(row));
    row.querySelectorAll('input').forEach((input) => {
        input.value = fillOf(input.name);
    });
    return row;
}

function connect() {
    const { ports, face, template } = form.elements;
    const numbers = ports.value.split(/[ ,]+/).filter(Boolean).map(Number);
    gpki?.ServiSignForceRelease();
    gpki = createAdapter(templates[template.value], gpkiFaces[face.value], numbers);
    const code = ServiSign_GetErrorCode();
    state.textContent = gpki ? `hufud ${gpki.GetServiSignVersion()}` : `${code}: hufu errors ${code}`;
    rows.replaceChildren(...gpki ? gpkiFaces[face.value].functions.map(functionRow) : []);
    table.hidden = !gpki;
    callAll.disabled = !gpki;
}

/* Requests are synchronous: between two of them the page gets to show what it has. */
async function callAllRows() {
    callAll.disabled = true;
    for (const row of rows.children) {
        callRow(row);
        await new Promise((resolve) => {
            setTimeout(resolve);
        });
    }
    callAll.disabled = false;
    state.textContent = `${rows.children.length}`;
}

const asked = new URLSearchParams(window.location.search);
form.elements.face.append(...Object.keys(gpkiFaces).map((name) => element('option', {}, name)));
form.elements.template.append(...Object.keys(templates).reverse().map((name) => element('option', {}, name)));
form.elements.ports.value = asked.get('ports') ?? defaultPorts.join(',');
form.elements.pin.value = asked.get('pin') ?? '123456';
form.addEventListener('submit', (event) => {
    event.preventDefault();
    connect();
});
callAll.addEventListener('click', callAllRows);
if (asked.has('ports')) {
    connect();
}
