/* XML signatures of the GPKI component, judged by xmlsec1. */
import assert from 'node:assert/strict';
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';
import { Judge, c14n, digest, enveloped, methods, reference, signature } from '../lib/xml.mjs';

const skip = skipDaemon('xmlsec1');
const checkValidity = 0x10;
const base64 = (text) => Buffer.from(text).toString('base64');

/* A hufud with cards and one page, for the tests of a `describe`. */
class Desk {
    constructor(cards) {
        before(async () => {
            this.daemon = await startDaemon({ cards, pinentry });
            this.windows = new Windows(this.daemon);
            this.judge = new Judge(this.daemon);
            this.pin = this.daemon.pin;
            this.page = await this.daemon.openCardPage();
        });
        after(() => this.daemon?.stop());
    }

    certificate(person) {
        const folder = dirname(this.daemon.sandbox.hierarchy);
        return new X509Certificate(readFileSync(join(folder, person, 'sign.pem'))).raw.toString('base64');
    }

    async call(...args) {
        const result = await this.page.call(...args);
        return { result, code: await this.page.lastError() };
    }

    async succeed(...args) {
        const { result, code } = await this.call(...args);
        assert.equal(code, 0);
        return result;
    }

    /* A signed document, digests and all. */
    sign(xml, { id = 'S1', flags = 0, pin = this.pin } = {}) {
        return this.succeed('GPKI_XMLSignTemplate', pin, base64(xml), id, flags);
    }

    async calcDigests(xml, id = 'S1') {
        const result = await this.succeed('GPKI_XMLCalcTemplateDigest', xml, id);
        return `${Buffer.from(result, 'base64')}`;
    }

    signDigests(xml, { id = 'S1', flags = 0 } = {}) {
        return this.succeed('GPKI_XMLSignTemplateDigest', this.pin, base64(xml), id, flags);
    }

    assertVerified(document, id) {
        const { verified, report } = this.judge.verify(document, id);
        assert.ok(verified, `${report}\n${document.slice(0, 4000)}`);
    }

    /* Asserts that each function refuses the template before it asks the card for anything: the PIN
     * is a wrong one, and the card has not seen it. */
    async assertRefused(xml, code, id = 'S1') {
        for (const call of [
            ['GPKI_XMLCalcTemplateDigest', xml, id],
            ['GPKI_XMLSignTemplate', '654321', base64(xml), id, 0],
            ['GPKI_XMLSignTemplateDigest', '654321', base64(xml), id, 0],
        ]) {
            assert.deepEqual(await this.call(...call), { result: '', code }, `${call[0]} ${xml.slice(0, 300)}`);
        }
        assert.equal(await this.page.call('GPKI_GetErrorPINCount'), '3');
    }
}

/* What was filled in is taken out again. */
const emptied = (xml) => xml.replace(
    /<((?:\w+:)?(?:DigestValue|SignatureValue|X509Certificate))(?: [^>]*)?>[^<]*<\/\1>/g, '<$1/>');

const doc = (inner, attributes = '') => `<Doc xmlns="urn:a"${attributes}>${inner}</Doc>`;
const whole = (options) => reference('', { transforms: [enveloped], ...options });

for (const [card, key] of [['citizen', 'rsa'], ['rsa4096', 'rsa'], ['ec', 'ecdsa'], ['p384', 'ecdsa']]) {
    describe(`the card "${card}"`, { skip }, () => {
        const desk = new Desk(card);
        const hashes = ['rsa4096', 'p384'].includes(card) ? ['sha384'] : Object.keys(digest);

        test('signs with each form, method and digest', async () => {
            const files = [];
            for (const form of Object.values(c14n)) {
                for (const hash of hashes) {
                    for (const method of hashes) {
                        const references = [whole({ transforms: [enveloped, form], hash }),
                            reference('#p', { transforms: [form], hash })];
                        const xml = doc(`<!-- c --><part Id="p">公文<!-- d --></part>${
                            signature(references, { c14n: form, method: methods[key][method] })}`);
                        files.push(desk.judge.write(await desk.sign(xml)));
                    }
                }
            }
            const { verified, report } = desk.judge.verifyFiles(files);
            assert.ok(verified, report);
        });

        test('its certificate stands in the document, the rest is as it was', async () => {
            const xml = doc(`a${signature(whole(), { method: methods[key].sha256 })}\r\n`);
            const signed = await desk.sign(xml);
            assert.match(signed, new RegExp(`<X509Certificate>${
                desk.certificate(card).replace(/\+/g, '\\+')}</X509Certificate>`));
            assert.equal(emptied(signed), xml);
        });

        test('a method for another kind of key is 5067, before anybody is asked', async () => {
            const other = key === 'rsa' ? 'ecdsa' : 'rsa';
            const xml = doc(signature(whole(), { method: methods[other].sha256 }));
            const filled = await desk.calcDigests(xml);
            for (const [name, text] of [['GPKI_XMLSignTemplate', xml], ['GPKI_XMLSignTemplateDigest', filled]]) {
                assert.deepEqual(await desk.call(name, '654321', base64(text), 'S1', 0),
                    { result: '', code: 5067 });
            }
            assert.equal(await desk.page.call('GPKI_GetErrorPINCount'), '3');
        });
    });
}

describe('XML templates', { skip }, () => {
    const desk = new Desk('citizen');
    const exc = (prefixes) => `<Transform Algorithm="${c14n.exclusive}"><InclusiveNamespaces `
        + `xmlns="${c14n.exclusive}" PrefixList="${prefixes}"/></Transform>`;

    for (const [what, xml] of [
        ['the whole document', doc(`x${signature(whole())}`)],
        ['a declaration, comments and instructions around', `<?xml version="1.0" encoding="UTF-8"?>\n<!-- a -->\n`
            + `<?b c?>\n${doc(signature(whole()))}\n<!-- d --><?e?>\n`],
        ['a byte order mark', `\uFEFF<?xml version="1.0"?>${doc(signature(whole()))}`],
        ['an element', doc(`<part Id="p">x</part>${signature(reference('#p'))}`)],
        ['ID and id', doc(`<part ID="p">x</part><part id="q"/>${
            signature([reference('#p'), reference('#q')])}`)],
        ['an element around the signature', `<top>${doc(signature(reference('#d', { transforms: [enveloped] })),
            ' Id="d"')}</top>`],
        ['an object within the signature', signature(reference('#o'),
            { objects: '<Object Id="o"><part xmlns="">公文</part></Object>' })],
        ['the certificate itself', doc(signature([whole(), reference('#k')], {
            keyInfo: '<KeyInfo Id="k"><X509Data><X509Certificate/></X509Data></KeyInfo>' }))],
        ['an X509Data that waits for a certificate', doc(signature(whole(),
            { keyInfo: '<KeyInfo><KeyName>n</KeyName><X509Data> </X509Data></KeyInfo>' }))],
        ['tags with an end, spaces and old values', doc(signature(
            whole({ value: '<DigestValue  >\r\n old </DigestValue >' }), {
                value: '<SignatureValue Id="v"\n></SignatureValue\n>',
                keyInfo: '<KeyInfo><X509Data><X509Certificate> AAAA </X509Certificate></X509Data></KeyInfo>' }))],
        ['prefixes', doc(signature(whole())).replace('xmlns="http://www.w3.org/2000/09/xmldsig#"',
            'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"').replace(
            /<(\/?)(Signature|Sig|Can|Ref|Trans|Digest|Key|X509)/g, '<$1ds:$2')],
        ['namespaces of all kinds', `<a:Doc xmlns:a="urn:a" xmlns="urn:b" xmlns:c="urn:c" xml:lang="zh-TW"><part Id="p">`
            + `<c:d xmlns:c="urn:d" a:b="1" c:b="2" b="3" xmlns=""><e xmlns="urn:b"/></c:d></part>${
                signature([reference('#p'), reference('#p', { transforms: [c14n.exclusive] }),
                    reference('#p', { transforms: [exc('a c #default')] }), whole()])}</a:Doc>`],
        ['an inclusive prefix of SignedInfo', doc(signature(whole(), { c14n:
            `${c14n.exclusive}"><InclusiveNamespaces xmlns="${c14n.exclusive}" PrefixList="z"/><x y="` })
            .replace('/><x y=""/>', '/></CanonicalizationMethod>'), ' xmlns:z="urn:z"')],
        ['CDATA, entities, references to characters', doc(`<![CDATA[<a> & ]] >]]>&amp;&lt;&gt;&quot;&#x516C;&#13;`
            + `<part Id="p" a='"&#9;&#10;&#13;&lt;&amp;&apos;' b="a\n\tb"/>${
                signature([whole(), reference('#p')])}`)],
        ['Chinese in every plane', doc(`<部分 屬性="陳𠮷堃">登入挑戰 42　「公文」</部分>${signature(whole())}`)],
        ['CR LF at the ends of lines', doc(`\r\n<part Id="p">\r\n公文\r\n</part>\r\n${
            signature([whole(), reference('#p')]).replace(/></g, '>\r\n  <')}\r\n`)],
        ['markup in values and comments', doc(`<part Id="p" a="<DigestValue/>'>" b='">'/>`.replace('="<', '="&lt;')
            + `<!-- <DigestValue/> "' --><?x <SignatureValue/> ?><![CDATA[<SignatureValue/>]]>${signature(whole())}`)],
        ['a document whose declaration says Big5', `<?xml version="1.0" encoding="Big5"?>${
            doc(`公文${signature(whole())}`)}`],
        ['a standalone document', `<?xml version='1.0' standalone='yes'?>${doc(signature(whole()))}`],
        ['another signature, not of this Id', doc(`${signature(whole())}${signature(whole(), { id: 'S2' })}`)],
    ]) {
        test(`${what}: in one call or in two, and nothing else changes`, async () => {
            const [signed, filled] = [await desk.sign(xml), await desk.calcDigests(xml)];
            const again = what === 'the certificate itself' ? signed : await desk.signDigests(filled);
            const known = !/Big5/.test(what);
            for (const document of [signed, again]) {
                desk.assertVerified(known ? document : document.replace('Big5', 'UTF-8'), 'S1');
            }
            assert.equal(signed, again);
            if (!/old values|waits/.test(what)) {
                assert.equal(emptied(signed), xml);
                assert.equal(emptied(filled), xml);
            }
        });
    }

    test('without a place for the certificate none is put in', async () => {
        for (const keyInfo of ['', '<KeyInfo><KeyName>n</KeyName></KeyInfo>']) {
            const signed = await desk.sign(doc(signature(whole(), { keyInfo })));
            assert.doesNotMatch(signed, /X509/);
            const pem = join(dirname(desk.daemon.sandbox.hierarchy), 'citizen/sign.pem');
            const { verified, report } = desk.judge.verify(signed, 'S1', '--pubkey-cert-pem', pem);
            assert.ok(verified, report);
        }
    });

    test('one signature after another, each over what is there', async () => {
        const first = await desk.sign(doc(`x${signature(whole())}`));
        const both = await desk.sign(first.replace('</Doc>', `${signature(whole(), { id: 'S2' })}</Doc>`),
            { id: 'S2' });
        desk.assertVerified(both, 'S2');
        const within = doc(signature(reference('#o'), {
            objects: `<Object Id="o">${signature(reference('#n'), { id: 'S2', objects: '<Object Id="n">y</Object>' })}`
                + '</Object>' }));
        const nested = await desk.sign(await desk.sign(within, { id: 'S2' }));
        desk.assertVerified(nested, 'S1');
        desk.assertVerified(nested, 'S2');
    });

    test('the judge hears of every change', async () => {
        const signed = await desk.sign(doc(`<part Id="p">x</part>${signature([whole(), reference('#p')])}`));
        for (const changed of [signed.replace('>x<', '>y<'), signed.replace('Id="S1"', 'Id="S1" '
            + 'a="b"').replace('<SignedInfo>', '<SignedInfo a="b">')]) {
            assert.equal(desk.judge.verify(changed, 'S1').verified, false);
        }
    });

    test('digests of files are the page\'s: they are signed, not computed', async () => {
        const value = createHash('sha256').update('attachment').digest('base64');
        const external = (digestValue) => doc(signature([reference('../附件/1.pdf',
            { transforms: ['urn:whatever'], value: digestValue }), whole({ value: `<DigestValue>${
            createHash('sha256').update('').digest('base64')}</DigestValue>` })]));
        const signed = await desk.signDigests(external(`<DigestValue>${value}</DigestValue>`));
        assert.ok(signed.includes(value));
        /* The value itself is verified: xmlsec1 has no use for files that are not there. */
        assert.match(signed, /<SignatureValue>[A-Za-z0-9+/=]{344}<\/SignatureValue>/);
        for (const name of ['GPKI_XMLCalcTemplateDigest', 'GPKI_XMLSignTemplate']) {
            const args = name === 'GPKI_XMLSignTemplate' ? ['654321', base64(external('<DigestValue/>')), 'S1', 0]
                : [external('<DigestValue/>'), 'S1'];
            assert.deepEqual(await desk.call(name, ...args), { result: '', code: 5906 });
        }
    });

    test('raw or base64, the document is the same', async () => {
        const xml = doc(signature(whole()));
        assert.equal(await desk.succeed('GPKI_XMLSignTemplate', desk.pin, xml, 'S1', 0), await desk.sign(xml));
        assert.equal(await desk.succeed('GPKI_XMLCalcTemplateDigest', base64(xml), 'S1'),
            await desk.succeed('GPKI_XMLCalcTemplateDigest', xml, 'S1'));
        assert.deepEqual(await desk.call('GPKI_XMLSignTemplate', desk.pin, 'no base64', 'S1', 0),
            { result: '', code: 5008 });
    });

    test('a document of 3 MiB', async () => {
        const xml = doc(`${'<part>公文一份，附件如文</part>\r\n'.repeat(80_000)}${signature(whole())}`);
        const signed = await desk.succeed('GPKI_XMLSignTemplate', desk.pin, xml, 'S1', 0);
        assert.ok(Buffer.byteLength(signed) > 3 * 2 ** 20);
        assert.equal(emptied(signed), xml);
        desk.assertVerified(signed, 'S1');
    });

    for (const [what, xml, code, id] of [
        ['no XML', 'x < y', 5080], ['half of it', '<Doc><part>', 5080], ['two roots', '<a/><b/>', 5080],
        ['nothing', '', 5080], ['a prefix that is not declared', `<a:Doc>${signature(whole())}</a:Doc>`, 5080],
        ['an entity that is not declared', doc(`&a;${signature(whole())}`), 5080],
        ['a DOCTYPE', `<!DOCTYPE Doc>${doc(signature(whole()))}`, 5080],
        ['an external entity', `<!DOCTYPE Doc [<!ENTITY a SYSTEM "file:///etc/hostname">]>${
            doc(`&a;${signature(whole())}`)}`, 5080],
        ['an external DTD', `<!DOCTYPE Doc SYSTEM "http://127.0.0.1:1/a.dtd">${doc(signature(whole()))}`, 5080],
        ['a bomb', `<!DOCTYPE Doc [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 20 },
            (_, i) => `<!ENTITY a${i} "${`&a${i ? i - 1 : ''};`.repeat(10)}">`).join('')}]>${
            doc(`&a19;${signature(whole())}`)}`, 5080],
        ['101 levels', `${'<a>'.repeat(100)}${signature(whole())}${'</a>'.repeat(100)}`, 5080],
        ['257 attributes', doc(signature(whole()), Array.from({ length: 256 }, (_, i) => ` a${i}=""`).join('')), 5080],
        ['65 namespaces', doc(signature(whole()), Array.from({ length: 63 },
            (_, i) => ` xmlns:a${i}="urn:${i}"`).join('')), 5080],
        ['500001 nodes', doc(`${'<a/>'.repeat(500_000)}${signature(whole())}`), 5080],
        ['a namespace whose name needs an escape', doc(signature(whole()), ' xmlns:a="urn:&quot;"'), 5080],
        ['33 references', doc(signature(Array(33).fill(whole()))), 5080],
        ['no signature of this Id', doc(signature(whole())), 5081, 'S2'],
        ['no Id', doc(signature(whole())), 5081, ''],
        ['an Id of something else', doc(`<part Id="S2"/>${signature(whole())}`), 5081, 'S2'],
        ['two signatures of one Id', doc(signature(whole()) + signature(whole())), 5081],
        ['an Id that is there twice', doc(`<part Id="p"/><part Id="p"/>${signature(reference('#p'))}`), 5081],
        ['an Id that is there twice, spelled otherwise', doc(`<part Id="p"/><part xml:id="p"/>${
            signature(reference('#p'))}`), 5081],
        ['an Id that is there twice, with a space', doc(`<part Id="p"/><part id="p "/>${
            signature(reference('#p'))}`), 5081],
        ['a wrapped signature', doc(`<part Id="p">real</part><w>${signature(reference('#p'),
            { objects: '<Object><part xmlns="urn:a" Id="p">forged</part></Object>' })}</w>`), 5081],
        ['a reference to nothing', doc(signature(reference('#p'))), 5081],
        ['no DigestValue', doc(signature(whole({ value: '' }))), 5081],
        ['no SignatureValue', doc(signature(whole(), { value: '' })), 5081],
        ['elements in a DigestValue', doc(signature(whole({ value: '<DigestValue><a/></DigestValue>' }))), 5081],
        ['no reference', doc(signature([])), 5081],
        ['two SignedInfo', doc(signature(whole()).replace(/<SignedInfo>.*<\/SignedInfo>/, '$&$&')), 5081],
        ['an unknown method', doc(signature(whole(), { method: 'urn:x' })), 5067],
        ['MD5', doc(signature(whole(), { method: 'http://www.w3.org/2001/04/xmldsig-more#rsa-md5' })), 5067],
        ['an unknown digest', doc(signature(whole({ hash: 'urn:x' }))), 5067],
        ['an unknown canonical form', doc(signature(whole(), { c14n: 'urn:x' })), 5067],
        ...[['XPath', 'http://www.w3.org/TR/1999/REC-xpath-19991116'],
            ['XSLT', 'http://www.w3.org/TR/1999/REC-xslt-19991116'],
            ['base64', 'http://www.w3.org/2000/09/xmldsig#base64']].map(
            ([name, uri]) => [name, doc(signature(whole({ transforms: [enveloped, uri] }))), 5067]),
        ['a transform after the bytes', doc(signature(whole({ transforms: [c14n.inclusive, enveloped] }))), 5067],
        ['XPointer', doc(signature(reference('#xpointer(/)', { transforms: [enveloped] }))), 5067],
        ['itself', doc(signature(reference(''))), 5067],
        ['its own value', doc(signature(reference('#v'), { value: '<SignatureValue Id="v"/>' })), 5067],
        ['a document that is nothing but itself', signature(whole()), 5067],
        ['nothing but itself', doc(signature(reference('#o', { transforms: [enveloped] }),
            { objects: '<Object Id="o"/>' })), 5067],
    ]) {
        test(`${what} is ${code}, and the card is not asked`, () => desk.assertRefused(xml, code, id));
    }

    test('bytes that are no UTF-8 are 5080', async () => {
        for (const bytes of [Buffer.from('<a>\xA4\xA4\xA4\xE5</a>', 'latin1'), Buffer.from('<a/>', 'utf16le'),
            Buffer.from('\uFEFF<a/>', 'utf16le'), Buffer.from('<a/>\0')]) {
            assert.deepEqual(await desk.call('GPKI_XMLSignTemplate', '654321', bytes.toString('base64'), 'S1', 0),
                { result: '', code: 5080 });
        }
    });

    test('digests that are not there yet, or not digests, are not signed', async () => {
        for (const value of ['<DigestValue/>', '<DigestValue>AAAA</DigestValue>', '<DigestValue>?</DigestValue>']) {
            const xml = doc(signature(whole({ value })));
            assert.deepEqual(await desk.call('GPKI_XMLSignTemplateDigest', '654321', base64(xml), 'S1', 0),
                { result: '', code: 5081 });
        }
    });

    test('the person sees what the signature is of', async () => {
        const signs = async (name, xml) => {
            const answer = desk.call(name, '', base64(xml), 'S1', 0);
            const text = await desk.windows.text();
            await desk.windows.type(desk.pin);
            return { text, ...await answer };
        };
        const one = doc(`<part Id="p">匯款 100 元</part>${signature(reference('#p'))}`);
        const content = '<part xmlns="urn:a" Id="p">匯款 100 元</part>';
        for (const [name, xml] of [['GPKI_XMLSignTemplate', one],
            ['GPKI_XMLSignTemplateDigest', await desk.calcDigests(one)]]) {
            const { text, code, result } = await signs(name, xml);
            assert.equal(code, 0);
            desk.assertVerified(result, 'S1');
            assert.equal(text.at(-1), `「${content}」`);
            const sum = createHash('sha256').update(content).digest('hex');
            assert.ok(text.join('').replace(/[ \u3000]/g, '').includes(sum), text.join('\n'));
        }
        for (const xml of [doc(`<part Id="p"/>${signature([reference('#p'), whole()])}`),
            doc(signature(whole({ value: `<DigestValue>${base64(Buffer.alloc(32))}</DigestValue>` })))]) {
            const { text } = await signs(/AAAA/.test(xml) ? 'GPKI_XMLSignTemplateDigest'
                : 'GPKI_XMLSignTemplate', xml);
            assert.match(text.join('\n'), /「<SignedInfo xmlns=/);
        }
    });

    test('a wrong PIN signs nothing; cancelling neither', async () => {
        const xml = base64(doc(signature(whole())));
        assert.deepEqual(await desk.call('GPKI_XMLSignTemplate', '654321', xml, 'S1', 0), { result: '', code: 9039 });
        const answer = desk.call('GPKI_XMLSignTemplate', '', xml, 'S1', 0);
        await desk.windows.cancel();
        assert.deepEqual(await answer, { result: '', code: 5070 });
        await desk.windows.typeRight(desk.page, desk.pin);
    });

    test('a series signs many without a PIN, and nothing outside of it', async () => {
        const xml = doc(`x${signature(whole())}`);
        const [template, filled] = [base64(xml), base64(await desk.calcDigests(xml))];
        const both = [['GPKI_XMLSignTemplateUpdate', template, 'S1', 0],
            ['GPKI_XMLSignTemplateDigestUpdate', filled, 'S1', 0]];
        const closed = await desk.call(...both[0]);
        assert.equal(closed.result, '');
        assert.notEqual(closed.code, 0);
        const begun = desk.call('GPKI_SignInit', '', 0);
        await desk.windows.type(desk.pin);
        assert.deepEqual(await begun, { result: '0', code: 0 });
        for (const call of [...both, ...both]) {
            const { result, code } = await desk.call(...call);
            assert.equal(code, 0);
            desk.assertVerified(result, 'S1');
        }
        assert.equal(await desk.page.call('GPKI_SignFinal', 0), '0');
        for (const call of both) {
            assert.deepEqual(await desk.call(...call), closed);
        }
    });
});

for (const [person, code] of [['expired', 5011], ['notyet', 5012]]) {
    describe(`the card "${person}"`, { skip }, () => {
        const desk = new Desk(person);

        test(`is ${code} where validity is asked for`, async () => {
            const xml = doc(signature(whole()));
            for (const [name, text] of [['GPKI_XMLSignTemplate', xml],
                ['GPKI_XMLSignTemplateDigest', await desk.calcDigests(xml)]]) {
                assert.deepEqual(await desk.call(name, desk.pin, base64(text), 'S1', checkValidity),
                    { result: '', code });
                assert.match(await desk.succeed(name, desk.pin, base64(text), 'S1', 0), /<SignatureValue>/);
            }
        });
    });
}
