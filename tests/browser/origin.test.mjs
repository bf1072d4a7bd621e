/* A site that nobody allowed learns nothing, whatever its template version. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';

import { browsers } from '../lib/browsers.mjs';
import { Bench, skipBrowser } from './bench.mjs';

for (const browser of browsers) {
    describe(`an unknown site in ${browser.name}`, { skip: skipBrowser(browser) }, () => {
        let bench;

        before(async () => {
            bench = await Bench.start(browser, { host: 'other.example.tw' });
        });

        after(() => bench?.stop());

        for (const template of ['1.0.18.1219', '1.0.20.0423']) {
            it(`gets 61006 with template ${template}`, async () => {
                const { page, code } = await bench.openAdapter(template);
                assert.equal(code, 61006);
                assert.equal(await page.evaluate(() => typeof gpki), 'undefined');
                assert.deepEqual(await page.evaluate(() => trace), []);
            });
        }

        it('did reach the service, which refused every probe', async () => {
            const log = await readFile(bench.sandbox.log, 'utf8');
            const refusals = log.match(/refused: .*why=Origin/g);
            assert.equal(refusals?.length, 4, log); /* by name and by address, per template */
        });
    });
}
