/* Templates of XML signatures, and their judge: the program xmlsec1. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const dsig = 'http://www.w3.org/2000/09/xmldsig#';
const more = 'http://www.w3.org/2001/04/xmldsig-more#';
const enc = 'http://www.w3.org/2001/04/xmlenc#';
const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';

export const c14n = {
    inclusive, inclusiveComments: `${inclusive}#WithComments`,
    exclusive, exclusiveComments: `${exclusive}WithComments`,
};
export const digest = {
    sha1: `${dsig}sha1`, sha224: `${more}sha224`, sha256: `${enc}sha256`, sha384: `${more}sha384`,
    sha512: `${enc}sha512`,
};
export const enveloped = `${dsig}enveloped-signature`;

/* { rsa: { sha1: URI, ... }, ecdsa: { ... } } */
export const methods = Object.fromEntries(['rsa', 'ecdsa'].map((key) => [key,
    Object.fromEntries(Object.keys(digest).map((hash) => [hash,
        `${key === 'rsa' && hash === 'sha1' ? dsig : more}${key}-${hash}`]))]));

/* Transforms are URIs, or the whole element. */
export function reference(uri, { transforms = [], hash = 'sha256', value = '<DigestValue/>' } = {}) {
    const inner = transforms.map((transform) => (transform.startsWith('<') ? transform
        : `<Transform Algorithm="${transform}"/>`)).join('');
    return `<Reference URI="${uri}">${inner && `<Transforms>${inner}</Transforms>`}`
        + `<DigestMethod Algorithm="${digest[hash] ?? hash}"/>${value}</Reference>`;
}

/* `objects` comes behind KeyInfo. */
export function signature(references, { id = 'S1', c14n: form = c14n.inclusive, method = methods.rsa.sha256,
    value = '<SignatureValue/>', objects = '',
    keyInfo = '<KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo>' } = {}) {
    return `<Signature xmlns="${dsig}" Id="${id}"><SignedInfo><CanonicalizationMethod Algorithm="${form}"/>`
        + `<SignatureMethod Algorithm="${method}"/>${[].concat(references).join('')}</SignedInfo>`
        + `${value}${keyInfo}${objects}</Signature>`;
}

/* What xmlsec1 says of a document: { verified, report }. Elements of these names may have an Id. */
export class Judge {
    #count = 0;

    constructor(daemon, names = ['Doc', 'part', 'Object', 'KeyInfo', 'Signature']) {
        this.folder = daemon.sandbox.folder;
        this.authority = join(dirname(daemon.sandbox.hierarchy), 'ca');
        this.ids = names.flatMap((name) => ['Id', 'ID', 'id'].flatMap((attribute) => (
            ['', `${dsig}:`, 'urn:a:'].flatMap((namespace) => [`--id-attr:${attribute}`, `${namespace}${name}`]))));
    }

    /* The file of a document. */
    write(document) {
        const file = join(this.folder, `judged-${this.#count += 1}.xml`);
        writeFileSync(file, document);
        return file;
    }

    /* One signature, by its Id, or the first. */
    verify(document, id, ...options) {
        return this.verifyFiles([this.write(document)], ...id ? ['--node-id', id] : [], ...options);
    }

    verifyFiles(files, ...options) {
        const { status, stdout, stderr } = spawnSync('xmlsec1', ['--verify', '--trusted-pem',
            join(this.authority, 'root.pem'), '--untrusted-pem', join(this.authority, 'issuing.pem'),
            ...this.ids, ...options, ...files], { encoding: 'utf8', maxBuffer: 2 ** 26 });
        const good = stderr.match(/^OK$/mg)?.length ?? 0;
        return { verified: status === 0 && good === files.length, report: `${stdout}${stderr}` };
    }
}
