/* What each function of the GPKI component is called with, and who judges what comes out: the rows
 * behind functions.test.mjs, from docs/components/gpki.md. Where the document says "refused", that
 * is what is expected.
 *
 * A row: kinds, what each parameter is (kinds.mjs says what can be wrong with it); good, valid calls
 * as { args, judge }, of which the first is the one that is spoilt; fails, calls as { args, code };
 * before and after, calls around all of them, `[name, ...args]`; early, as fails, ahead of those
 * before. Arguments are made by a function of the inputs (lib/inputs.mjs); a judge is called with the
 * result, the arguments, the inputs and the judges (lib/judges.mjs), and throws. */
import assert from 'node:assert/strict';

import { decode, digestsOf, encode, pem } from '../lib/judges.mjs';

const bytes = (text) => Buffer.from(text, 'base64');
const base64 = (data) => Buffer.from(data).toString('base64');

const call = (args, judge) => ({ args, judge });
const fails = (code, args) => ({ args, code });

/* --- judges --- */

/* The result is exactly expected(args, inputs, judges). */
const is = (expected) => (value, args, inputs, judges) => (
    assert.equal(value, `${expected(args, inputs, judges)}`));

const done = is(() => 0);

const flag = {
    validity: 0x10, noCertificate: 0x100, chain: 0x200, encode: 0x1000, decode: 0x2000, detached: 0x4000,
    doHash: 0x10000, noHashOid: 0x20000, hex: 0x1000000,
};

const raw = (value, flags) => Buffer.from(value, flags & flag.hex ? 'hex' : 'base64');
const hashNames = ['sha1', 'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];

const contentOf = (text, codePage, flags) => (
    flags & flag.decode ? bytes(text) : encode(`${text}`, codePage));

function isSigned(value, [text, codePage, flags, hash], { citizen, hierarchy }, judges) {
    const der = raw(value, flags);
    const enclosed = judges.cms(der, contentOf(text, codePage, flags), {
        detached: flags & flag.detached, signer: flags & flag.noCertificate && citizen });
    assert.equal(judges.digestAlgorithm(der), hashNames[hash]);
    const authorities = flags & flag.chain ? hierarchy : [];
    assert.deepEqual(new Set(enclosed), new Set(flags & flag.noCertificate ? [] : [pem(citizen), ...authorities]));
}

const isSignature = (value, [text, codePage, flags, hash], { citizen }, judges) => judges.signature(
    raw(value, flags), contentOf(text, codePage, flags), hashNames[hash], citizen);

const afterPin = (judge) => (value, [, ...args], ...rest) => judge(value, args, ...rest);

const ciphers = { 0: 'aes-256-cbc', 2: 'des-ede3-cbc', 5: 'aes-128-cbc', 6: 'aes-192-cbc', 7: 'aes-256-cbc' };

function isSealed(value, [, text, flags], { encryptionKey }, judges) {
    const der = raw(value, flags);
    assert.deepEqual(judges.opened(der, encryptionKey), contentOf(text, '', flags));
    assert.equal(judges.cipher(der), ciphers[flags & 0xf]);
}

const isSealedBare = (value, [, text, flags], { encryptionKey }, judges) => assert.deepEqual(
    judges.decrypted(raw(value, flags), encryptionKey), contentOf(text, '', flags));

const clear = is(([, flags], { challenge }) => {
    const form = flags & flag.hex ? 'hex' : flags & flag.encode ? 'base64' : 'utf8';
    return Buffer.from(challenge).toString(form);
});

const hasDigests = (value, [text], { signingKey }, judges) => {
    const xml = `${bytes(value)}`;
    assert.deepEqual(digestsOf(xml), judges.xmlDigests(text, signingKey));
    assert.equal(xml.replaceAll(/(<DigestValue>)[^<]*/g, '$1'), text);
};

const isSignedXml = (value, args, inputs, judges) => judges.xml(value);

/* --- rows that several functions share --- */

/* What a certificate says: field(said, flags, inputs), where `said` is what the judges read. */
const certificate = (field, { of = 'citizen', more = {} } = {}) => ({
    kinds: ['certificate', 'number'],
    good: [
        call((t) => [t[of], 0], is(([cert, flags], t, judges) => field(judges.certificate(cert), flags, t))),
        call((t) => [t[of].replace(/.{64}/g, '$&\r\n'), 0],
            is(([cert, flags], t, judges) => field(judges.certificate(cert.replaceAll(/\s/g, '')), flags, t))),
    ],
    ...more,
});

const labels = {
    0x10000: 'CN', 0x20000: 'emailAddress', 0x40000: 'O', 0x80000: 'OU', 0x100000: 'C', 0x200000: 'serialNumber',
};

const named = (parts, flags) => (Number(flags) === 0 ? parts
    : parts.filter((part) => part.startsWith(`${labels[flags]}=`)).map((part) => part.split('=')[1])).join('\n');

function nameOf(which) {
    const row = certificate((said, flags) => named(said[which], flags));
    const judge = row.good[0].judge;
    row.good.push(...Object.keys(labels).flatMap((flags) => ['citizen', 'holder'].map(
        (who) => call((t) => [t[who], flags], judge))));
    row.fails = [fails(5005, (t) => [t.citizen, 7]), fails(5005, (t) => [t.citizen, 0x30000]),
        fails(which === 'subject' ? 5040 : 0, (t) => [t.noText, 0])].filter(({ code }) => code);
    return row;
}

/* An attribute that the certificate of `other` lacks. */
const attribute = (oid, other = 'citizen') => certificate((said) => said.attributes[oid],
    { of: 'holder', more: { fails: [fails(5050, (t) => [t[other], 0])] } });

const codePages = ['MS950', 'ms950', 'CP950', '950', 'Big5', 'UTF-8', 'utf8', '65001', ''];
const tooFar = '陳𠮷堃'; /* has a character that no Big5 has */

/* Signing, with `first` before the parameters that all share. */
function signing(judge, first = [], pages = ['MS950', 'UTF-8', '']) {
    const values = (t) => first.map((name) => t[name]);
    const order = (...args) => (t) => [...values(t), t.challenge, ...args];
    const make = (args, by = judge) => call(args, first.length > 0 ? afterPin(by) : by);
    return {
        kinds: [...first, 'text', 'codePage', 'number', 'hash'],
        good: [
            make(order('MS950', 0, 4)),
            ...pages.map((name) => make(order(name, 0, 4))),
            ...hashNames.map((_, hash) => make(order('UTF-8', 0, hash))),
            make((t) => [...values(t), 'a\nb\r\nc\r', '', 0, 4]),
            make((t) => [...values(t), base64([0, 1, 2, 0xff, 0x0a]), '', flag.decode
                | (judge === isSignature ? flag.doHash : 0), 4]),
            make(order('', flag.hex, 4)),
            make(order('', flag.validity, 4)),
        ],
        fails: [
            fails(5901, (t) => [...values(t), tooFar, 'MS950', 0, 4]),
            fails(5901, (t) => [...values(t), '한', 'BIG5', 0, 4]),
            fails(5008, (t) => [...values(t), '@@', '', flag.decode, 4]),
        ],
    };
}

function signingCms(...args) {
    const row = signing(isSigned, ...args);
    const [{ args: order, judge }] = row.good;
    for (const flags of [flag.detached, flag.noCertificate, flag.chain]) {
        row.good.push(call((t) => [...order(t).slice(0, -2), flags, 4], judge));
    }
    return row;
}

const begin = ['GPKI_SignDataInit', (t) => t.pin, 0];
const end = ['GPKI_SignDataFinal', 0];
const inSeries = (row) => ({
    ...row, early: [fails(5100, row.good[0].args)], before: [begin], after: [end] });
const init = () => ({
    kinds: ['pin', 'number'], good: [call((t) => [t.pin, 0], done)], after: [end] });
const final = () => ({ kinds: ['number'], good: [call(() => [0], done)], before: [begin] });

/* Filling templates; `digests`: whether the page brings them. */
function signingXml(digests, first = []) {
    const xml = (t) => (digests ? t.xmlWithDigests : t.xml);
    const order = (text, id = 's1', flags = 0) => (t) => [...first.map((name) => t[name]), text(t), id, flags];
    return {
        kinds: [...first, 'xml', 'id', 'number'],
        good: [call(order(xml), isSignedXml), call(order((t) => base64(xml(t))), isSignedXml),
            call(order(xml, 's1', flag.validity), isSignedXml)],
        fails: [
            fails(5067, order((t) => xml(t).replaceAll('rsa-sha256', 'rsa-nonsense'))),
            fails(5081, order((t) => xml(t).replace('#o1', '#nobody'))),
            ...digests ? [fails(5081, order((t) => t.xml))]
                : [fails(5906, order((t) => xml(t).replace('#o1', 'file:///etc/hostname')))],
        ],
    };
}

const opening = (kind, first, input) => ({
    kinds: [...first, kind, 'number', 'number'],
    good: [0, flag.hex, flag.encode].map((flags) => call(
        (t) => [...first.map((name) => t[name]), t[input], flags, 0], first.length > 0 ? afterPin(clear) : clear)),
    fails: [
        fails(5010, (t) => [...first.map((name) => t[name]), t.sealedToOther, 0, 0]),
        fails(5017, (t) => [...first.map((name) => t[name]), t[input], 0, 0x80]),
    ],
});

const sealing = (judge) => ({
    kinds: ['certificate', 'text', 'cipher'],
    good: [
        call((t) => [t.keyx, t.challenge, 0], judge),
        call((t) => [t.keyx, base64([0, 1, 2, 0xff]), flag.decode], judge),
        call((t) => [t.keyx, t.challenge, flag.hex | flag.validity], judge),
        call((t) => [t.expired, 'x', 0], () => {}), /* nobody asked for its validity */
    ],
    fails: [
        fails(5011, (t) => [t.expired, 'x', flag.validity]),
        fails(5012, (t) => [t.notYet, 'x', flag.validity]),
        fails(5017, (t) => [t.citizen, 'x', 0]),
        fails(5067, (t) => [t.holder, 'x', 0]),
        fails(5008, (t) => [t.keyx, '@@', flag.decode]),
    ],
});

/* Refused whatever it is called with. */
const refused = (...kinds) => ({ kinds, refused: true });

/* --- the table --- */

export const functions = {
    get_lastError: {
        kinds: [], before: [['CAPICertGetSubject', 'no certificate', 0]], code: 5040,
        good: [call(() => [], is(() => 5040))],
    },
    GPKI_EnumCerts: {
        kinds: ['usage'],
        good: [[0, ['citizen', 'keyx']], [0x80, ['citizen']], [0x10, ['keyx']], [0x20, ['keyx']],
            [0x90, ['citizen', 'keyx']]].map(([usage, names]) => call(
            () => [usage], is((_, t) => names.map((name) => `${t[name]};`).join('')))),
        fails: [fails(5010, () => [0x40]), fails(5010, () => [0x04])],
    },
    CAPICertGetSerialNumber: certificate((said) => said.serial),
    CAPICertGetIssuer: nameOf('issuer'),
    CAPICertGetSubject: nameOf('subject'),
    GPKI_GetTailOfCitizenID: {
        ...certificate((said) => said.attributes['2.16.886.1.100.2.51']),
        fails: [fails(5050, (t) => [t.holder, 0])],
    },
    GPKI_GetCertType: {
        ...certificate(() => 1),
        fails: [fails(5050, (t) => [t.authority, 0])],
    },
    GPKI_GetOrganizationID: attribute('2.16.886.1.100.2.101'),
    GPKI_GetCardHolderRank: attribute('2.16.886.1.100.2.2'),
    GPKI_GetCertTypeOID: attribute('2.16.886.1.100.2.1', 'authority'),
    GPKI_GetEntityOID: attribute('2.16.886.1.100.2.102'),
    CAPICertGetPublicKey: certificate((said) => said.publicKey),
    CAPICertGetNotBefore: certificate((said) => said.notBefore),
    CAPICertGetNotAfter: certificate((said) => said.notAfter),
    CAPICertGetVersion: certificate((said) => said.version),
    GPKI_EncryptByCert: {
        ...sealing(isSealed),
        good: [...sealing(isSealed).good, ...[2, 5, 6, 7].map((cipher) => call(
            (t) => [t.keyx, t.challenge, cipher], isSealed))],
    },
    GPKI_Decrypt: opening('sealed', [], 'sealed'),
    GPKI_Decrypt2File: refused('sealed', 'path', 'number', 'number'),
    GPKI_XMLSignTemplate: signingXml(false, ['pin']),
    GPKI_SetReaderSlot: { kinds: ['number', 'slot'], good: [call(() => [0, 0], done)] },
    GPKI_EnumCertsToString: {
        kinds: ['usage'],
        good: [call(() => [0], is((_, t) => `${t.citizen};${t.keyx};`))],
    },
    GPKI_Base64Encode: {
        kinds: ['text', 'codePage'],
        good: codePages.map((name) => call((t) => [t.challenge, name],
            is(([text, codePage]) => base64(encode(`${text}`, codePage))))),
        fails: [fails(5901, () => [tooFar, 'MS950'])],
    },
    GPKI_Base64Decode: {
        kinds: ['encoded', 'codePage'],
        good: [...codePages].reverse().map((name) => call((t) => [base64(encode(t.word, name)), name],
            is(([text, codePage]) => decode(bytes(text), codePage)))),
        fails: [fails(5901, () => ['/w==', 'UTF-8']), fails(5901, () => ['/w==', 'MS950']),
            fails(5901, () => ['YQBi', 'UTF-8'])],
    },
    GPKI_DecryptEx: opening('sealed', ['pin'], 'sealed'),
    GPKI_SignDataInit: init(),
    GPKI_SignDataFinal: final(),
    GPKI_XMLSignTemplateFile: refused('pin', 'path', 'id', 'number'),
    GPKI_XMLCalcTemplateDigest: {
        kinds: ['xml', 'id'],
        good: [call((t) => [t.xml, 's1'], hasDigests)],
        fails: [fails(5906, (t) => [t.xml.replace('#o1', 'http://127.0.0.1/'), 's1'])],
    },
    GPKI_XMLCalcTemplateFileDigest: refused('path', 'id'),
    GPKI_XMLSignTemplateDigest: signingXml(true, ['pin']),
    GPKI_ReadFile: refused('path', 'number'),
    GPKI_XMLSignTemplateFileUpdate: refused('path', 'id', 'number'),
    GPKI_SignInit: init(),
    GPKI_SignFinal: final(),
    GPKI_XMLSignTemplateDigestUpdate: inSeries(signingXml(true)),
    GPKI_SetPKCS11Driver: refused('path'),
    SetXMLReferenceDirs: refused('path'),
    GPKI_GetSerialNumber: { kinds: [], good: [call(() => [], is((_, t) => t.cardSerial))] },
    GPKI_RSADecrypt: {
        kinds: ['sealedBare', 'pin', 'number'],
        good: [0, flag.hex].map((flags) => call((t) => [t.sealedBare, t.pin, flags],
            (value, [cipher, , number], ...rest) => clear(value, [cipher, number], ...rest))),
    },
    GPKI_RSAEncryptByCert: {
        ...sealing(isSealedBare), kinds: ['certificate', 'text', 'number'],
        fails: [...sealing(isSealedBare).fails, fails(9015, (t) => [t.keyx, 'x'.repeat(246), 0])],
    },
    GPKI_XMLSignTemplateUpdate: inSeries(signingXml(false)),
    GPKI_XMLSignTemplateFile2File: refused('pin', 'path', 'path', 'id', 'number'),
    GPKI_XMLSignTemplateDigest2File: refused('pin', 'xml', 'path', 'id', 'number'),
    GPKI_GetAttributeCert: { kinds: ['word', 'word', 'number'], fails: [fails(5010, (t) => ['', t.pin, 0])] },
    SetCodePage: { kinds: ['defaultCodePage'], good: codePages.map((name) => call(() => [name], done)) },
    GPKI_GetSlotCount: { kinds: [], good: [call(() => [], is(() => 1))] },
    GPKI_VerifyPIN: { kinds: ['pin', 'number'], good: [call((t) => [t.pin, 0], done)] },
    GPKI_GetErrorPINCount: { kinds: [], good: [call(() => [], is(() => 3))] },
    GetVersion: {
        kinds: ['number'],
        good: [call(() => [0], is((_, t) => t.version))],
    },
    GPKI_SignData: signingCms(['pin'], codePages),
    GPKI_SignDataUpdate: inSeries(signingCms()),
    GPKI_PureSign: signing(isSignature, ['pin']),
    CryptCertGetSignatureAlgorithm: {
        kinds: ['certificate', 'number', 'number'],
        good: ['citizen', 'holder'].map((who) => call((t) => [t[who], 0, 0],
            is(([cert], _, judges) => judges.certificate(cert).signatureAlgorithm))),
    },
    CryptSignatureGetAlgorithm: {
        kinds: ['signed', 'number', 'number'],
        good: [call((t) => [t.signed, 0, 0], is(() => 'sha256WithRSAEncryption'))],
        fails: [fails(5053, (t) => [t.signed, 0, 1]), fails(5053, (t) => [t.signed, 0, 4294967295])],
    },
    GPKI_SignInitLogin: init(),
    GPKI_DetectCard: { kinds: ['number'], good: [call(() => [0], is(() => 1))] },
    GPKI_GetCachedCert: {
        kinds: [], before: [['GPKI_EnumCerts', 0x10]],
        good: [call(() => [], is((_, t) => t.keyx))],
    },
    GPKI_CertGetSubjectDirectoryAttrs: {
        kinds: ['certificate', 'oid', 'number'],
        good: ['2.16.886.1.100.2.202', '2.16.886.1.100.2.1', '2.16.886.1.100.2.102'].map((oid) => call(
            (t) => [t.holder, oid, 0], is(([cert, id], _, judges) => judges.certificate(cert).attributes[id]))),
        fails: [fails(5050, (t) => [t.citizen, '2.16.886.1.100.2.202', 0])],
    },
    CryptCertGetExtension: certificate((said) => said.extensions.join('\n')),
    SetDialogString: { kinds: ['word', 'word', 'words'], good: [call(() => [1, 2, '密碼'], done)] },
};
