/* The page of hufu kit calls each function of both faces; a browser of the developer trusts the kit's hufud
 * with the words that the kit prints. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { browsers } from '../lib/browsers.mjs';
import { faces } from '../lib/servisign.mjs';
import { Bench, skipBrowser } from './bench.mjs';

/* What a page may never do; and on the page for Windows an Update comes after the end of its series. */
const known = new Set([0, 5100, 5906]);

for (const browser of browsers) {
    describe(`the page of hufu kit in ${browser.name}`, { skip: skipBrowser(browser) }, () => {
        let bench;

        before(async () => {
            bench = await Bench.startOnKit(browser);
        });

        after(() => bench?.stop());

        for (const face of ['windows', 'mac']) {
            it(`calls each function of the component for ${face}`, async () => {
                const ports = bench.sandbox.kit.facts.ports.gpki.join(',');
                const page = await bench.newPage(`/?ports=${ports}`);
                const rows = await page.evaluate(async (name) => {
                    document.querySelector('[name=face]').value = name;
                    document.querySelector('#connection').requestSubmit();
                    const all = document.querySelector('#all');
                    all.click();
                    while (all.disabled) {
                        await new Promise((resolve) => {
                            setTimeout(resolve, 10);
                        });
                    }
                    return [...document.querySelectorAll('#functions tr')].map((row) => ({
                        name: row.dataset.name,
                        result: row.querySelector('.result').textContent,
                        code: Number(row.querySelector('.code').textContent || NaN),
                    }));
                }, face);
                assert.deepEqual(rows.map((row) => row.name), [...faces[face].functions].map(([name]) => name));
                assert.ok(rows.every(({ code }) => !Number.isNaN(code)));
                const signed = rows.find(({ name }) => name === 'GPKI_SignData');
                assert.equal(signed.code, 0);
                assert.match(signed.result, /^MII/);
                const subject = rows.find(({ name }) => name === 'CAPICertGetSubject');
                assert.match(subject.result, /王測試/);
                const odd = rows.filter(({ name, code }) => !known.has(code)
                    && /^(GPKI_SignData|GPKI_PureSign|GPKI_EnumCerts|CAPICert)/.test(name));
                assert.deepEqual(odd, []);
            });
        }
    });
}
