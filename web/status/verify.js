/* Verifies a CMS signature (RFC 5652) with what every browser has: WebCrypto, and a reader for as
 * much DER as that takes. It shows that a signature is one of this content by this certificate; who
 * vouches for the certificate is a web site's affair. */

const oids = {
    '2a864886f70d010702': 'signedData',
    '2a864886f70d010904': 'messageDigest',
    '2a864886f70d010101': 'RSA',
    '2a8648ce3d0201': 'EC',
    '608648016503040201': 'SHA-256',
    '608648016503040202': 'SHA-384',
    '608648016503040203': 'SHA-512',
    '2a8648ce3d030107': 'P-256',
    '2b81040022': 'P-384',
    '2b81040023': 'P-521',
};

const tags = { octets: 0x04, oid: 0x06, sequence: 0x30, set: 0x31, first: 0xa0 };

class Value {
    constructor(bytes, start, content, end) {
        Object.assign(this, { bytes, start, contentStart: content, end, tag: bytes[start] });
    }

    /* Without tag and length. */
    get content() {
        return this.bytes.subarray(this.contentStart, this.end);
    }

    get encoded() {
        return this.bytes.subarray(this.start, this.end);
    }

    get children() {
        const children = [];
        for (let at = this.contentStart; at < this.end;) {
            const child = readValue(this.bytes, at, this.end);
            children.push(child);
            at = child.end;
        }
        return children;
    }

    get name() {
        const hex = Array.from(this.content, (byte) => byte.toString(16).padStart(2, '0')).join('');
        return oids[hex];
    }
}

function readValue(bytes, start, limit) {
    let at = start + 1;
    let length = bytes[at++];
    if (length > 0x80) {
        const count = length - 0x80;
        length = 0;
        for (let i = 0; i < count; i++) {
            length = length * 256 + bytes[at++];
        }
    }
    if (!(at + length <= limit)) {
        throw new RangeError('not DER');
    }
    return new Value(bytes, start, at, at + length);
}

const find = (values, tag) => values.find((value) => value.tag === tag);

/* Certificate > tbsCertificate > subjectPublicKeyInfo, the seventh after an explicit version. */
function readKey(certificate) {
    const fields = certificate.children[0].children;
    const key = fields[fields[0].tag === tags.first ? 6 : 5];
    const [kind, curve] = key.children[0].children;
    return { spki: key.encoded, kind: kind.name, curve: curve?.tag === tags.oid ? curve.name : undefined };
}

/* SignerInfo: version, signer, digest, [0] signed attributes, algorithm, signature. */
function readSigner(signer) {
    const fields = signer.children;
    const attributes = find(fields, tags.first);
    const digest = attributes.children.map((attribute) => attribute.children)
        .find(([name]) => name.name === 'messageDigest')[1].children[0].content;
    const signed = attributes.encoded.slice();
    signed[0] = tags.set; /* as RFC 5652, 5.4 has it signed */
    return {
        hash: fields[2].children[0].name, digest, signed,
        signature: find(fields, tags.octets).content,
    };
}

function read(der) {
    const [type, wrapped] = readValue(der, 0, der.length).children;
    if (type.name !== 'signedData') {
        throw new RangeError('not signed data');
    }
    const fields = wrapped.children[0].children;
    const content = fields[2].children[1].children[0].content;
    const certificates = find(fields.slice(3), tags.first).children;
    const signers = fields[fields.length - 1].children;
    return { content, certificates, signer: readSigner(signers[0]) };
}

/* WebCrypto wants r and s side by side, in the length of the curve. */
function flatten(signature, size) {
    const numbers = readValue(signature, 0, signature.length).children;
    const flat = new Uint8Array(2 * size);
    numbers.forEach((number, i) => {
        const digits = number.content.subarray(number.content.findIndex((byte) => byte !== 0));
        flat.set(digits, (i + 1) * size - digits.length);
    });
    return flat;
}

const curveBytes = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

async function verifyWith({ spki, kind, curve }, { hash, signed, signature }) {
    const { subtle } = crypto;
    if (kind === 'RSA') {
        const key = await subtle.importKey('spki', spki, { name: 'RSASSA-PKCS1-v1_5', hash }, false, ['verify']);
        return subtle.verify('RSASSA-PKCS1-v1_5', key, signature, signed);
    }
    const key = await subtle.importKey('spki', spki, { name: 'ECDSA', namedCurve: curve }, false, ['verify']);
    return subtle.verify({ name: 'ECDSA', hash }, key, flatten(signature, curveBytes[curve]), signed);
}

const equal = (one, other) => one.length === other.length && one.every((byte, i) => byte === other[i]);

/* Resolves with "RSA, SHA-256" and the like, or undefined when the signature in `der` is not one of
 * `content` by the certificate `certificate` (DER). */
export async function verify(der, content, certificate) {
    const message = read(der);
    const { signer } = message;
    const known = message.certificates.some(({ encoded }) => equal(encoded, certificate));
    const digest = new Uint8Array(await crypto.subtle.digest(signer.hash, message.content));
    const key = readKey(readValue(certificate, 0, certificate.length));
    const valid = known && equal(message.content, content) && equal(digest, signer.digest)
        && await verifyWith(key, signer);
    return valid ? [key.kind, key.curve, signer.hash].filter(Boolean).join(', ') : undefined;
}
