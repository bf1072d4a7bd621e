/* Programs that know nothing of hufu, and say whether a result is right: openssl, certtool (GnuTLS),
 * iconv, xmlsec1. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const judgePrograms = ['openssl', 'certtool', 'iconv', 'xmlsec1'];

function run(program, args, input = '') {
    return execFileSync(program, args,
        { input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 2 ** 25 });
}

export const openssl = (args, input) => run('openssl', args, input);

const named = { 950: 'CP950', MS950: 'CP950', 65001: 'UTF-8', UTF8: 'UTF-8', '': 'UTF-8' };

const codePageOf = (name) => named[`${name}`.toUpperCase()] ?? `${name}`.toUpperCase();

const encoded = new Map(); /* the same few texts come again and again */

/* The bytes of a text in a code page that pages name, and the text of bytes. */
export function encode(text, codePage) {
    const key = `${codePageOf(codePage)} ${text}`;
    if (!encoded.has(key)) {
        encoded.set(key, run('iconv', ['-f', 'UTF-8', '-t', codePageOf(codePage)], text));
    }
    return encoded.get(key);
}

export const decode = (bytes, codePage) => `${run(
    'iconv', ['-f', codePageOf(codePage), '-t', 'UTF-8'], bytes)}`;

/* --- certificates, as DER --- */

const taiwanTime = (text) => new Date(Date.parse(text) + 8 * 3600_000).toISOString()
    .replace(/\D/g, '').slice(0, 14).concat('+0800');

/* certtool writes the last part first (RFC 4514), and escapes what is special with a backslash. */
const partsOf = (name) => name.split(/(?<!\\),/).reverse()
    .map((part) => part.replace('EMAIL=', 'emailAddress=').replace(/\\(.)/g, '$1'));

/* Offsets, lengths and values, as `openssl asn1parse` tells; at: where to look inside. */
function asn1(der, at) {
    const inside = at === undefined ? [] : ['-strparse', `${at}`];
    return [...`${openssl(['asn1parse', '-inform', 'DER', ...inside], der)}`
        .matchAll(/^ *(\d+):d=(\d+) +hl=(\d+) l= *(\d+) (?:prim|cons): +([^:\n]+?) *(?::(.*))?$/gm)]
        .map(([, offset, depth, head, length, type, value]) => ({
            offset: Number(offset), depth: Number(depth), head: Number(head),
            length: Number(length), type: type.split(/ {2,}/)[0], value,
        }));
}

const contentOf = (der, { offset, head, length }) => der.subarray(offset + head, offset + head + length);

function dotted(bytes) {
    const numbers = [0];
    for (const byte of bytes) {
        numbers.push(numbers.pop() * 128 + (byte & 0x7f), ...byte & 0x80 ? [] : [0]);
    }
    const [first, ...rest] = numbers.slice(0, -1);
    const top = Math.min(Math.floor(first / 40), 2);
    return [top, first - top * 40, ...rest].join('.');
}

/* Every extension: an OID and, after a BOOLEAN where it is critical, an OCTET STRING. */
function extensionsOf(der) {
    const nodes = asn1(der);
    const start = nodes.findIndex(({ depth, type }) => depth === 2 && type === 'cont [ 3 ]');
    const pairs = nodes.slice(start).filter(({ depth, type }) => (
        depth === 5 && ['OBJECT', 'OCTET STRING'].includes(type)));
    return start < 0 ? [] : Array.from({ length: pairs.length / 2 }, (_, i) => ({
        oid: dotted(contentOf(der, pairs[2 * i])), node: pairs[2 * i + 1],
        value: contentOf(der, pairs[2 * i + 1]),
    }));
}

function attributesOf(der, extensions) {
    const directory = extensions.find(({ oid }) => oid === '2.5.29.9');
    const leaves = directory ? asn1(der, directory.node.offset).filter(({ value }) => value) : [];
    return Object.fromEntries(Array.from({ length: leaves.length / 2 },
        (_, i) => [leaves[2 * i].value, leaves[2 * i + 1].value]));
}

/* All that certtool and openssl say of a certificate. */
export function readCertificate(der) {
    const text = `${run('certtool', ['-i', '--inder'], der)}`;
    const field = (name) => text.match(new RegExp(`^\\s*${name}: (.*)$`, 'm'))?.[1];
    const extensions = extensionsOf(der);
    const publicKey = `${openssl(['x509', '-inform', 'DER', '-noout', '-pubkey'], der)}`;
    return {
        serial: field('Serial Number \\(hex\\)').replace(/^0x/, '').toUpperCase(),
        subject: partsOf(field('Subject')), issuer: partsOf(field('Issuer')),
        notBefore: taiwanTime(field('Not Before')), notAfter: taiwanTime(field('Not After')),
        version: field('Version'),
        publicKey: publicKey.replace(/-----.*|\s/g, ''),
        publicKeyPem: publicKey,
        signatureAlgorithm: `${openssl(['x509', '-inform', 'DER', '-noout', '-text'], der)}`
            .match(/Signature Algorithm: (.*)/)[1],
        extensions: extensions.map(({ oid, value }) => `${oid}=${value.toString('base64')}`),
        attributes: attributesOf(der, extensions),
    };
}

/* A certificate in base64 as a file has it. */
export const pem = (base64) => (
    `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`);

/* --- what was signed or encrypted --- */

/* Judges with a folder of their own for what the programs read from files. */
export class Judges {
    #count = 0;
    #certificates = new Map();

    /* `hierarchy` vouches for signers; `chain` lists its certificates one a file, root first. */
    constructor(folder, hierarchy, chain) {
        Object.assign(this, { folder, hierarchy, chain });
    }

    file(bytes) {
        this.#count += 1;
        const path = join(this.folder, `judged-${this.#count}`);
        writeFileSync(path, bytes);
        return path;
    }

    certificate(base64) {
        if (!this.#certificates.has(base64)) {
            this.#certificates.set(base64, readCertificate(Buffer.from(base64, 'base64')));
        }
        return this.#certificates.get(base64);
    }

    /* A SignedData over `content`; `detached` and `signer` (base64) where they are not in it. Returns the
     * certificates that are, as PEM. */
    cms(der, content, { detached, signer } = {}) {
        const outside = detached ? ['-content', this.file(content)] : [];
        const more = signer ? ['-certfile', this.file(pem(signer))] : [];
        const enclosed = this.file('');
        const found = openssl(['cms', '-verify', '-binary', '-inform', 'DER', '-purpose', 'any',
            '-CAfile', this.hierarchy, '-certsout', enclosed, ...outside, ...more], der);
        assert.deepEqual(found, content);
        return `${readFileSync(enclosed)}`.match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? [];
    }

    digestAlgorithm(der) {
        return `${openssl(['cms', '-cmsout', '-print', '-noout', '-inform', 'DER'], der)}`
            .match(/signerInfos:[\s\S]*?digestAlgorithm:\s+algorithm: (\S+)/)[1];
    }

    /* A bare signature over `content` by the key of a certificate (base64). */
    signature(bytes, content, hash, signer) {
        const said = openssl(['dgst', `-${hash}`, '-verify',
            this.file(this.certificate(signer).publicKeyPem), '-signature', this.file(bytes)], content);
        assert.equal(`${said}`, 'Verified OK\n');
    }

    /* What an EnvelopedData held, and its cipher. */
    opened(der, key) {
        return openssl(['cms', '-decrypt', '-binary', '-inform', 'DER', '-inkey', key], der);
    }

    cipher(der) {
        return `${openssl(['cms', '-cmsout', '-print', '-noout', '-inform', 'DER'], der)}`
            .match(/contentEncryptionAlgorithm:\s+algorithm: (\S+)/)[1];
    }

    decrypted(bytes, key) {
        return openssl(['pkeyutl', '-decrypt', '-inkey', key], bytes);
    }

    /* A document whose one signature, by the card's certificate in it, is right. */
    xml(text) {
        const [root, ...issuers] = this.chain;
        run('xmlsec1', ['--verify', '--id-attr:Id', 'Object', '--trusted-pem', root,
            ...issuers.flatMap((file) => ['--untrusted-pem', file]), this.file(text)]);
    }

    /* The DigestValues that xmlsec1 itself computes when it signs. */
    xmlDigests(template, key) {
        return digestsOf(`${run('xmlsec1', ['--sign', '--id-attr:Id', 'Object',
            '--privkey-pem', key, this.file(template)])}`);
    }
}

export const digestsOf = (xml) => [...xml.matchAll(/<(?:\w+:)?DigestValue>([^<]*)</g)]
    .map(([, value]) => value.replace(/\s/g, ''));
