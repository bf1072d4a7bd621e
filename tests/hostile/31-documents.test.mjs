/* T-31: documents of a page. None reads a file, asks a host or grows without end, and none gets a signature
 * over another part than a verifier would read. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { reference, signature, enveloped } from '../lib/xml.mjs';

const whole = reference('', { transforms: [enveloped] });
const base64 = (text) => Buffer.from(text).toString('base64');

describe('a document', { skip: skipDaemon() }, () => {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon();
        page = await daemon.openCardPage();
    });

    after(() => daemon?.stop());

    async function assertNotSigned(xml, code) {
        assert.equal(await page.call('GPKI_XMLSignTemplate', daemon.pin, base64(xml), 'S1', 0), '');
        assert.equal(await page.lastError(), code);
    }

    test('has no DOCTYPE, and so no entities', async () => {
        for (const subset of ['', ' [<!ENTITY e "x">]', ' [<!ENTITY e SYSTEM "file:///etc/hostname">]',
            ' SYSTEM "http://127.0.0.1:1/"']) {
            await assertNotSigned(`<!DOCTYPE a${subset}><a>${subset.includes('ENTITY') ? '&e;' : ''}${
                signature(whole)}</a>`, 5080);
        }
    });

    test('has one element of an Id', async () => {
        const wrapped = `<part Id="p">shown</part>${signature(reference('#p'))}`;
        for (const other of ['<part Id="p"/>', '<part ID="p"/>', '<part xml:id="p"/>', '<b><part id=" p "/></b>']) {
            await assertNotSigned(`<a>${wrapped}${other}</a>`, 5081);
            await assertNotSigned(`<a>${other}${wrapped}</a>`, 5081);
        }
        await assertNotSigned(`<a>${signature(whole)}${signature(whole)}</a>`, 5081);
    });

    test('refers to itself alone', async () => {
        for (const uri of ['file:///etc/hostname', '/etc/hostname', '../a.xml', 'http://127.0.0.1:1/', '\\\\host\\a',
            'a.xml#p']) {
            await assertNotSigned(`<a>${signature(reference(uri))}</a>`, 5906);
        }
    });

    test('has no transforms that are programs', async () => {
        for (const transform of ['http://www.w3.org/TR/1999/REC-xpath-19991116',
            'http://www.w3.org/2002/06/xmldsig-filter2', 'http://www.w3.org/TR/1999/REC-xslt-19991116']) {
            await assertNotSigned(`<a>${signature(reference('', { transforms: [enveloped, transform] }))}</a>`, 5067);
        }
    });
});
