/* What can be wrong with an argument, by its kind. Each is { what, value } and either code, or `as`:
 * the call goes well, as it would with that argument (`asPlain` where JSON says it otherwise). `plain`:
 * worth another call where arguments are JSON values and no base64; only: 'plain': just there. */
const spoilt = (what, value, code) => ({ what, value, code });
const like = (what, value, as) => ({ what, value, as });

/* Values that JSON cannot say; page.mjs puts them in. */
export const missing = { is: 'undefined' };
const object = { is: 'object' };

const plain = (list) => list.map((one) => ({ ...one, plain: true }));

/* What counts as empty. As base64, undefined and null are texts already. */
const empty = (make, ...rest) => [
    ...plain([make('empty', '', ...rest), make('null', null, ...rest)]), make('undefined', missing, ...rest),
    { ...make('the text "undefined"', 'undefined', ...rest), only: 'plain' }];

const wrongTypes = (code) => plain([spoilt('a boolean', true, code)]);
const long = (code, length = 5000) => spoilt('oversize', '7'.repeat(length), code);

/* The same for every kind: what is no UTF-8 or no base64 never gets to a function, and what is no
 * flat JSON is no request: nobody knows whose last error it would be. */
export const unreadable = {
    flagged: [
        { what: 'invalid UTF-8', value: 'raw:/w==', code: 61003 },
        { what: 'a NUL', value: 'a\0b', code: 61003 },
        { what: 'invalid base64', value: 'raw:@@@', code: 61005 },
    ],
    plain: [
        { what: 'an object', value: object, code: 61005, noRequest: true },
        { what: 'a NUL', value: 'a\0b', code: 61005, noRequest: true },
    ],
};

const behind = (text) => Buffer.concat([Buffer.from(text, 'base64'), Buffer.alloc(3)]).toString('base64');
const truncated = (text) => text.slice(0, 400);
const notBase64 = (code) => spoilt('no base64', '@@@@', code);

const number = [
    ...empty(like, 0), ...wrongTypes(5005), long(5005),
    ...['0x10', '10 ', '12345678901'].map((text) => spoilt(`"${text}"`, text, 5005)),
    ...plain([spoilt('a negative number', -1, 5005), spoilt('a fraction', 1.5, 5005)]),
];

/* By kind, as functions of the inputs. */
export const kinds = {
    number: () => number,
    usage: () => number,
    hash: () => [...number, spoilt('an unknown hash', 7, 5067), spoilt('a hash out of range', 99, 5067)],
    cipher: () => [...number, ...[1, 3, 4, 8, 15].map(
        (cipher) => spoilt(`cipher ${cipher}`, cipher, 5067))],
    slot: () => [...empty(spoilt, 5005), ...number.filter(({ code }) => code),
        spoilt('a reader that is not there', 1, 9112), spoilt('a number out of range', 4294967295, 9112)],
    certificate: (t) => [
        ...empty(spoilt, 5040), ...wrongTypes(5040), long(5040, 30_000), notBase64(5040),
        spoilt('a public key', t.publicKey, 5040), spoilt('a message', t.signed, 5040),
        spoilt('half a certificate', truncated(t.citizen), 5040), spoilt('bytes behind it', behind(t.citizen), 5040),
        spoilt('two certificates', t.citizen + t.citizen, 5040), spoilt('a certificate above the limit', t.large, 5040),
        ...plain([spoilt('a number', 42, 5040)]),
    ],
    text: () => [
        like('empty', '', ''), like('undefined', missing, 'undefined'),
        ...plain([{ ...like('null', null, 'null'), asPlain: '' }]),
        like('an object', object, '[object Object]'), like('markup and quotes', '"\'<a>\\;%2B+', '"\'<a>\\;%2B+'),
        ...plain([like('a boolean', true, 'true'), like('a number', 42, '42')]),
    ],
    encoded: () => [...empty(like, '').slice(0, 1), notBase64(5008), spoilt('a number', 42, 5008)],
    codePage: () => [
        ...empty(like, ''), ...wrongTypes(5005), long(5005),
        ...['KLINGON', 'UTF-16', ' MS950'].map(
            (name) => spoilt(`"${name}"`, name, 5005)),
    ],
    defaultCodePage: () => kinds.codePage(),
    pin: (t) => [
        ...empty(like, t.pin), /* typed into the window */
        ...plain([like('a number', Number(t.pin), t.pin), spoilt('a boolean', true, 9039)]),
        spoilt('too short', '123', 9041), long(9041), spoilt('wrong', '654321', 9039),
    ],
    signed: (t) => [
        ...empty(spoilt, 5042).slice(0, 1), notBase64(5008), spoilt('a certificate', t.citizen, 5042),
        spoilt('an envelope', t.sealed, 5042), spoilt('half a message', truncated(t.signed), 5042),
        spoilt('bytes behind it', behind(t.signed), 5042),
    ],
    sealed: (t) => [
        ...empty(spoilt, 5042).slice(0, 1), notBase64(5008), spoilt('a certificate', t.citizen, 5042),
        spoilt('a signed message', t.signed, 5042), spoilt('half a message', truncated(t.sealed), 5042),
        spoilt('a key that does not match', t.sealedToOther, 5010),
    ],
    sealedBare: (t) => [
        ...empty(spoilt, 5064).slice(0, 1), notBase64(5008), spoilt('three bytes', 'AAAA', 5064),
        spoilt('a key that does not match', t.sealedBareToOther, 5064), spoilt('oversize', t.signed, 5064),
    ],
    xml: (t) => [
        spoilt('empty', '', 5080), spoilt('no document', 'x<y', 5080), notBase64(5008),
        spoilt('base64 of no document', 'AAAA', 5080), spoilt('half a document', t.xml.slice(0, 500), 5080),
        spoilt('a DOCTYPE', t.xml.replace('<公文', '<!DOCTYPE 公文 SYSTEM "file:///etc/hostname"><公文'), 5080),
        spoilt('an entity', t.xml.replace('測試', '&nobody;'), 5080),
    ],
    id: () => [
        ...['', 'nobody', 'o1', 'S1', '"\'<'].map((id) => spoilt(`"${id}"`, id, 5081)),
        ...wrongTypes(5081), long(5081),
    ],
    oid: () => [
        ...empty(spoilt, 5005), ...wrongTypes(5005), long(5005),
        ...['x', '1', '1.2.', '3.1', 'CN'].map((oid) => spoilt(`"${oid}"`, oid, 5005)),
        spoilt('an attribute that is not there', '1.2.3', 5050),
    ],
    path: () => ['', '..\\..\\x', 'C:\\x', '\\\\host\\x', '$(id)', 'file:///etc/hostname'].map(
        (path) => spoilt(`"${path}"`, path, 5906)),
    words: () => [...empty((what, value) => like(what, value, value)), long(5005, 241)],
    word: () => [...empty((what, value) => like(what, value, value)), like('oversize', '7'.repeat(5000), '')],
};
