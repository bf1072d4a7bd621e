/* What a page may hand over to the functions of the GPKI component: certificates, messages and
 * documents, good ones and those with one thing wrong. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { openssl } from './judges.mjs';

const productFile = new URL('../../data/components.d/gpki.ini', import.meta.url);

const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/* Whoever is more than a citizen: each attribute that the component looks for, with a made-up value. */
export const holder = {
    '2.16.886.1.100.2.1': '2.16.886.1.100.3.2.1.1',
    '2.16.886.1.100.2.2': 'primary',
    '2.16.886.1.100.2.101': '00000000',
    '2.16.886.1.100.2.102': '2.16.886.101.90000.90001',
    '2.16.886.1.100.2.202': 'A0001',
};

const attributeSections = () => Object.entries(holder).map(([oid, value], i) => {
    const type = /^\d+\.\d+\./.test(value) ? 'OID' : 'PRINTABLESTRING';
    return `[a${i}]\ntype = OID:${oid}\nvalues = SET:v${i}\n[v${i}]\nvalue = ${type}:${value}`;
});

const holderConfig = () => `[req]
prompt = no
string_mask = utf8only
distinguished_name = name
x509_extensions = extensions
[name]
C = TW
O = 測試機關
OU = 測試處
emailAddress = test@agency.example.tw
[extensions]
keyUsage = critical, digitalSignature
subjectDirectoryAttributes = ASN1:SEQUENCE:attributes
[attributes]
${Object.keys(holder).map((_, i) => `a${i} = SEQUENCE:a${i}`).join('\n')}
${attributeSections().join('\n')}
`;

/* A self-signed certificate with all those attributes; more: further options of openssl. */
function makeHolder(folder, ...more) {
    const config = join(folder, 'holder.cnf');
    writeFileSync(config, holderConfig());
    return openssl(['req', '-x509', '-utf8', '-config', config, '-days', '2', '-nodes', '-outform', 'DER',
        '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', '/dev/null', ...more]);
}

const dsig = 'http://www.w3.org/2000/09/xmldsig#';
const c14n = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const more = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

const reference = (uri, digest, transform = '') => `<Reference URI="${uri}">${transform}<DigestMethod `
    + `Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>${digest}</DigestValue></Reference>`;

/* A document with a template for one signature (Id "s1") over all of it and over one object. */
function template([all, object] = ['', '']) {
    const transform = `<Transforms><Transform Algorithm="${dsig}enveloped-signature"/></Transforms>`;
    return `<?xml version="1.0" encoding="UTF-8"?>\n<公文 日期="2026-11-28"><主旨>登入挑戰 42 &amp; 測試</主旨>\n`
        + `<Signature xmlns="${dsig}" Id="s1"><SignedInfo><CanonicalizationMethod Algorithm="${c14n}"/>`
        + `<SignatureMethod Algorithm="${more}"/>${reference('', all, transform)}${reference('#o1', object)}`
        + '</SignedInfo><SignatureValue></SignatureValue><KeyInfo><X509Data><X509Certificate>'
        + '</X509Certificate></X509Data></KeyInfo><Object Id="o1">附件</Object></Signature></公文>\n';
}

/* As the card itself tells it to a program that is not hufu. */
const cardSerial = ({ home }) => `${execFileSync('softhsm2-util', ['--show-slots'],
    { env: { ...process.env, SOFTHSM2_CONF: join(home, '.config/softhsm2/softhsm2.conf') } })}`
    .match(/Serial number: +(\w+)/)[1];

/* `judges` computes the digests of a template whose digests are the page's. */
export function makeInputs(sandbox, judges) {
    const citizens = dirname(sandbox.hierarchy);
    const path = (person, name) => join(citizens, person, name);
    const der = (person, use) => readFileSync(path(person, `${use}.der`));
    const challenge = '登入挑戰 42';
    const seal = (to, text, ...options) => openssl(['cms', '-encrypt', '-binary', '-outform', 'DER',
        ...options, path(to, 'keyx.pem')], text);
    const sealBare = (to, text) => openssl(
        ['pkeyutl', '-encrypt', '-certin', '-inkey', path(to, 'keyx.pem')], text);
    const xml = template();
    const encryptionKey = path('citizen', 'keyx.key');
    const sign = der('citizen', 'sign');
    const name = Buffer.from('王測試');
    const damaged = Buffer.from(sign);
    damaged[sign.indexOf(name)] = 0xff;
    return {
        challenge, xml, encryptionKey,
        word: '挑戰', /* whose Big5 is no UTF-8, and the other way round no error */
        pin: sandbox.pin,
        version: `${readFileSync(productFile)}`.match(/^library_version = (.*)$/m)[1],
        hierarchy: judges.chain.map((file) => `${readFileSync(file)}`), /* what the card has of it */
        cardSerial: cardSerial(sandbox),
        authority: base64(readFileSync(path('ca', 'root.der'))), /* of nobody */
        citizen: base64(sign),
        keyx: base64(der('citizen', 'keyx')),
        expired: base64(der('expired', 'keyx')),
        notYet: base64(der('notyet', 'keyx')),
        holder: base64(makeHolder(sandbox.folder)),
        noText: base64(damaged), /* its holder's name is no UTF-8 */
        large: base64(makeHolder(sandbox.folder, '-addext', `nsComment=${'x'.repeat(16_400)}`)),
        publicKey: base64(openssl(['x509', '-pubkey', '-noout', '-in', path('citizen', 'sign.pem')])),
        signed: base64(openssl(['cms', '-sign', '-binary', '-nodetach', '-outform', 'DER', '-md', 'sha256',
            '-signer', path('citizen', 'sign.pem'), '-inkey', path('citizen', 'sign.key')], challenge)),
        sealed: base64(seal('citizen', challenge, '-aes-256-cbc')),
        sealedToOther: base64(seal('second', challenge, '-aes-256-cbc')),
        sealedBare: base64(sealBare('citizen', challenge)),
        sealedBareToOther: base64(sealBare('second', challenge)),
        xmlWithDigests: template(judges.xmlDigests(xml, path('citizen', 'sign.key'))),
        signingKey: path('citizen', 'sign.key'),
    };
}
