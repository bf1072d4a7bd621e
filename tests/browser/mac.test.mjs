/* The Mac face of the component: other names, and a PIN window behind heartbeats. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { browsers } from '../lib/browsers.mjs';
import { assertSigned } from '../lib/cms.mjs';
import { pinWindow } from '../lib/sandbox.mjs';
import { Bench, call, skipBrowser } from './bench.mjs';

const sha256 = 4;

/* Longer than one heartbeat of hufud. */
const thinkingTime = 12_000;

function heartbeats(page, functionname) {
    return page.evaluate((name) => trace.filter((reply) => reply.functionname === name
        && JSON.parse(reply.text).result === btoa('heartbeat')).length, functionname);
}

for (const browser of browsers) {
    describe(`the Mac page in ${browser.name}`, { skip: skipBrowser(browser) }, () => {
        let bench;
        let page;

        before(async () => {
            bench = await Bench.start(browser);
            const opened = await bench.openAdapter('1.0.20.0423', 'mac');
            assert.equal(opened.code, 0);
            page = opened.page;
        });

        after(() => bench?.stop());

        it('reads its certificates as raw text', async () => {
            const { value, code } = await call(page, 'GPKI_EnumCerts', 0);
            assert.equal(code, 0);
            assert.ok(value.endsWith(';'));
            new X509Certificate(Buffer.from(value.split(';')[0], 'base64'));
        });

        it('waits through heartbeats for a slow PIN, in one window', async () => {
            const answer = call(page, 'GPKI_SignData', '', 'slowly', 'MS950', 0, sha256);
            const first = await bench.display.waitWindow(pinWindow);
            await sleep(thinkingTime);
            assert.equal(await bench.display.findWindow(pinWindow), first);
            await bench.display.type(bench.sandbox.pin);
            await bench.display.key('Return');
            const { value, code } = await answer;
            assert.equal(code, 0);
            await assertSigned(value, bench.sandbox.hierarchy, 'slowly');
            assert.ok(await heartbeats(page, 'GPKI_SignData') >= 1);
        });

        it('checks a PIN and answers in text', async () => {
            assert.deepEqual(await call(page, 'GPKI_VerifyPIN', bench.sandbox.pin, 0),
                { value: '0', code: 0 });
            const { code } = await call(page, 'GPKI_VerifyPIN', `${bench.sandbox.pin}9`, 0);
            assert.equal(code, 9039);
        });
    });
}
