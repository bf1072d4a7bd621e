/* hufu doctor where something is broken for real: its first line names it, and the one next step,
 * done here, mends it. */
import assert from 'node:assert/strict';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { skipDaemon } from '../lib/daemon.mjs';
import { newDesk } from '../lib/desk.mjs';
import { faults } from '../lib/faults.mjs';
import { isInside, runInside } from '../lib/network.mjs';

const missing = skipDaemon('certutil', 'nft', 'setpriv') || (!isInside && runInside(import.meta.url));

const ahead = new Date('2100-01-01');

function suite() {
    let desk;

    before(async () => {
        desk = await newDesk();
    });

    after(() => desk?.stop());

    /* SoftHSM notes each look at a card. */
    const snapshot = () => readdirSync(desk.home, { recursive: true })
        .filter((name) => !name.includes('softhsm2'))
        .map((name) => `${name} ${statSync(`${desk.home}/${name}`).mtimeMs}`).sort();

    it('has nothing to say where all is well, and is quick', () => {
        const start = Date.now();
        const lines = desk.lines();
        const took = Date.now() - start;
        assert.equal(lines[0], 'All is well.', lines.join('\n'));
        const { ok, first, checks } = desk.doctor();
        assert.deepEqual([ok, first], [true, null]);
        assert.deepEqual(checks.filter(({ state }) => state === 'trouble' || state === 'attention'), []);
        assert.ok(took < 4000, `${took} ms`);
        console.error(`# doctor took ${took} ms`);
    });

    it('changes nothing', () => {
        const before = snapshot();
        desk.hufu('doctor');
        desk.hufu('doctor', '--report');
        assert.deepEqual(snapshot(), before);
    });

    it('answers in Chinese', () => {
        desk.extra = { LANG: 'zh_TW.UTF-8' };
        assert.equal(desk.lines()[0], '一切正常。');
        desk.extra = {};
    });

    it('a file from a time when the clock was ahead is no evidence against it', () => {
        desk.append('.local/state/hufu/use.log', '');
        utimesSync(`${desk.state}/use.log`, ahead, ahead);
        assert.equal(desk.lines()[0], 'All is well.');
        utimesSync(`${desk.state}/use.log`, 0, 0);
    });

    const wanted = process.env.HUFU_FAULT;
    for (const fault of faults.filter(({ name }) => !wanted || name.includes(wanted))) {
        it(`names it and mends it: ${fault.name}`, async () => {
            await fault.break(desk);
            try {
                const [line] = desk.lines();
                const { first, checks } = desk.doctor();
                assert.match(line, fault.line);
                assert.equal(first, fault.check);
                const found = checks.find(({ id }) => id === fault.check);
                if (fault.obey) {
                    desk.obey(found.step.en);
                }
            } finally {
                await fault.mend?.(desk);
                await fault.after?.(desk);
            }
            assert.equal(desk.lines()[0], 'All is well.', desk.lines().join('\n'));
            if (fault.works) {
                await desk.pageWorks();
            }
        });
    }
}

if (missing || isInside) {
    describe('hufu doctor', { skip: missing }, suite);
}
