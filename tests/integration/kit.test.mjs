/* hufu kit: what a developer of websites starts, from its first line to nothing left. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
    chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync,
    writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { isAlive, skipDaemon, until } from '../lib/daemon.mjs';
import { closeKit, data, endKits, kitPage, openKit, spawnKit } from '../lib/kit.mjs';
import { programs } from '../lib/sandbox.mjs';
import { faces, portalOrigin } from '../lib/servisign.mjs';

const hufu = (args, env = process.env) => spawnSync(join(programs, 'hufu'), args, { encoding: 'utf8', env });
const english = { ...process.env, LC_ALL: 'C.UTF-8' };
const pin = '123456';
const sha256 = 4;

const open = (...args) => openKit(['--origin', portalOrigin, ...args], english);

async function pageOf(kit, options) {
    const page = kitPage(kit, options);
    await page.echo();
    return page;
}

async function sign(page, ownPin = pin) {
    const signature = await page.call('GPKI_SignData', ownPin, 'challenge 42', '', 0, sha256);
    return { signature, code: await page.lastError() };
}

after(endKits);

const hufudOf = (kit) => Number(readFileSync(join(kit.facts.folder, 'hufud.pid'), 'utf8'));

const skip = skipDaemon('/bin/bash', ...process.getuid() === 0 ? ['unshare'] : []);

async function poll() {
    const kit = await open('--fault', 'slow');
    const page = await pageOf(kit, { face: faces.mac });
    const { code } = await sign(page);
    page.close();
    assert.equal(await closeKit(kit), 0);
    return { code, heartbeats: page.heartbeats };
}

/* A slow card is slow beside all other tests. */
const polled = skip ? undefined : poll();
polled?.catch(() => {}); /* its test tells */

describe('hufu kit', { skip }, () => {
    it('says all that a client needs, in JSON', async () => {
        const kit = await open('--cards', 'citizen second', '--pin', 'Abc12345');
        const { facts } = kit;
        assert.deepEqual(facts.cards, ['citizen', 'second']);
        assert.deepEqual(facts.origins, [portalOrigin]);
        assert.deepEqual(Object.keys(facts.ports), ['gpki', 'tcg', 'hca']);
        Object.values(facts.ports).forEach((ports) => assert.equal(ports.length, 3));
        for (const file of [facts.certificate, facts.hierarchy, facts.revoked, facts.log, join(facts.page, 'index.html')]) {
            assert.ok(existsSync(file), file);
        }
        assert.equal(statSync(facts.folder).mode & 0o777, 0o700);
        const openssl = (command) => spawnSync('bash', ['-c', command, 'bash', facts.certificate], { encoding: 'utf8' }).stdout;
        assert.equal(openssl('openssl x509 -in "$1" -outform DER | sha256sum').slice(0, 64), facts.sha256);
        assert.equal(openssl('openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER |'
            + ' openssl dgst -sha256 -binary | base64').trim(), facts.spki);
        const page = await pageOf(kit);
        assert.equal(await page.call('GPKI_GetSlotCount'), '2');
        assert.equal((await sign(page, 'Abc12345')).code, 0);
        page.close();
        assert.equal(await closeKit(kit), 0);
    });

    it('says it to people too, with a line for each client', async () => {
        const kit = spawnKit([], english);
        let text = '';
        kit.child.stdout.on('data', (chunk) => {
            text += chunk;
        });
        await until('its last line', () => /hufu kit fault\n$/.test(text), 60);
        for (const words of [/PIN +123456/, /websites +http:\/\/localhost:8000/, /--ignore-certificate-errors-spki-list=/,
            /NODE_EXTRA_CA_CERTS=/, /curl --cacert/, /firefox/]) {
            assert.match(text, words);
        }
        const [command] = text.match(/curl .*/);
        const { stdout } = spawnSync('sh', ['-c', `${command} -s -o /dev/null -w '%{ssl_verify_result} %{http_code}'`],
            { encoding: 'utf8' });
        assert.match(stdout, /^0 [1-5]\d\d$/);
        assert.equal(await closeKit(kit), 0);
    });

    /* Each is one reader of a kit. */
    async function eachCard(cards, look) {
        const kit = await open('--cards', cards.join(' '));
        const page = await pageOf(kit);
        for (const [slot, card] of cards.entries()) {
            await page.call('GPKI_SetReaderSlot', 0, slot);
            await look(card, page, kit.facts);
        }
        page.close();
        assert.equal(await closeKit(kit), 0);
    }

    /* The authority's judge is openssl. */
    it('has cards that sign, one of them revoked', () => eachCard(['citizen', 'ec', 'revoked'], async (card, page, facts) => {
        const { signature, code } = await sign(page);
        assert.equal(code, 0, card);
        await assertSigned(signature, facts.hierarchy, 'challenge 42');
        const judged = spawnSync('openssl', ['verify', '-crl_check', '-CRLfile', facts.revoked,
            '-CAfile', facts.hierarchy, join(facts.folder, 'citizens', card, 'sign.pem')], { encoding: 'utf8' });
        assert.equal(/certificate revoked/.test(judged.stderr), card === 'revoked', judged.stderr);
    }));

    it('has cards whose time it is not', () => eachCard(['expired', 'notyet'], async (card, page) => {
        const [certificate] = (await page.call('GPKI_EnumCerts', 0)).split(';');
        const [from, to] = [await page.call('CAPICertGetNotBefore', certificate, 0),
            await page.call('CAPICertGetNotAfter', certificate, 0)].map((time) => time.slice(0, 8));
        const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
        assert.match(`${from} ${to}`, /^\d{8} \d{8}$/);
        assert.equal(to < today, card === 'expired');
        assert.equal(from > today, card === 'notyet');
    }));

    for (const [card, expected] of Object.entries({ locked: 9043, empty: 5010, none: 9112 })) {
        it(`with the card "${card}" says ${expected}`, async () => {
            const kit = await open('--cards', card);
            const page = await pageOf(kit);
            assert.equal((await sign(page)).code, expected);
            page.close();
            assert.equal(await closeKit(kit), 0);
        });
    }
});

describe('a fault', { skip }, () => {
    let kit;

    before(async () => {
        kit = await open();
    });

    after(() => kit && closeKit(kit));

    const faultNow = (word, ...more) => hufu(['kit', 'fault', word, ...more], english);

    /* In this order: what the card counts as a wrong PIN comes last. */
    const codes = { absent: 9056, crash: 61105, removed: 9018, 'sign:0x30': 9016, none: 0, locked: 9043 };
    for (const [word, expected] of Object.entries(codes)) {
        it(`"${word}" gives ${expected}`, async () => {
            assert.equal(faultNow(word, kit.facts.folder).status, 0);
            const page = await pageOf(kit);
            assert.equal((await sign(page)).code, expected);
            page.close();
        });
    }

    it('has to be one that is known', () => {
        for (const word of ['bogus', '', 'sign:', 'sign:0', 'sign:0x0', 'sign:0x30x', 'login:0x123456789', '../fault']) {
            assert.equal(faultNow(word, kit.facts.folder).status, 2, word);
        }
        assert.equal(hufu(['kit', '--data', data, '--fault', 'bogus']).status, 2);
    });

    it('needs a kit that runs', () => {
        const { status, stderr } = faultNow('none', tmpdir());
        assert.equal(status, 1);
        assert.match(stderr, /no kit runs in that folder/);
    });

    it('is on a list of all', () => {
        const { status, stdout } = hufu(['kit', 'fault'], english);
        assert.equal(status, 0);
        for (const word of ['none', 'absent', 'slow', 'removed', 'sign:0x30', 'login:0x30']) {
            assert.match(stdout, new RegExp(`^${word} `, 'm'));
        }
    });

    it('"slow" makes a page poll', async () => {
        const { code, heartbeats } = await polled;
        assert.equal(code, 0);
        assert.ok(heartbeats > 0);
    });
});

describe('the end of a kit', { skip }, () => {
    let home;

    before(() => {
        home = mkdtempSync(join(tmpdir(), 'hufu-kit-test-'));
    });

    after(() => rmSync(home, { recursive: true }));

    const living = () => ({ ...english, HOME: home });

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        it(`by ${signal} leaves nothing, in the home least of all`, async () => {
            const kit = await openKit([], living());
            const hufud = hufudOf(kit);
            assert.equal(await closeKit(kit, signal), 0);
            assert.ok(!isAlive(hufud));
            assert.ok(!existsSync(kit.facts.folder));
            assert.deepEqual(readdirSync(home), []);
        });
    }

    it('comes in the middle of its start as well', async () => {
        const folder = join(home, 'early');
        const kit = spawnKit([folder], living());
        await until('its first files', () => existsSync(join(folder, 'home')), 60);
        assert.equal(await closeKit(kit), 0);
        assert.ok(!existsSync(folder));
    });

    it('is noticed when it is hufud that ends', async () => {
        const kit = await openKit([], living());
        process.kill(hufudOf(kit), 'SIGTERM');
        assert.equal(await kit.ended, 1);
        assert.match(kit.errors, /hufud has ended/);
        assert.ok(!existsSync(kit.facts.folder));
    });

    it('by SIGKILL is cleaned up by the next one, wherever it was', async () => {
        const folder = join(home, 'mine');
        for (const place of [[], [folder]]) {
            const killed = await openKit(place, living());
            const hufud = hufudOf(killed);
            await closeKit(killed, 'SIGKILL');
            assert.ok(isAlive(hufud));
            const next = await openKit(place, living());
            assert.ok(!isAlive(hufud));
            if (place.length === 0) {
                assert.ok(next.errors.includes(killed.facts.folder), next.errors);
                assert.ok(!existsSync(killed.facts.folder));
            }
            assert.equal(await closeKit(next), 0);
        }
        assert.deepEqual(readdirSync(home), []);
    });
});

describe('two kits', { skip }, () => {
    it('do not know of each other', async () => {
        const kits = await Promise.all([open(), open('--cards', 'second')]);
        const pages = await Promise.all(kits.map((kit) => pageOf(kit)));
        assert.notEqual(kits[0].facts.ports.gpki[0], kits[1].facts.ports.gpki[0]);
        const { status, stderr } = hufu(['kit', 'fault', 'locked'], english);
        assert.equal(status, 1);
        assert.match(stderr, /Name its folder/);
        assert.equal(hufu(['kit', 'fault', 'locked', kits[0].facts.folder]).status, 0);
        assert.deepEqual([(await sign(pages[0])).code, (await sign(pages[1])).code], [9043, 0]);
        pages.forEach((page) => page.close());
        assert.deepEqual(await Promise.all(kits.map((kit) => closeKit(kit))), [0, 0]);
    });
});

describe('a kit that cannot start', { skip }, () => {
    let folder;

    before(() => {
        folder = mkdtempSync(join(tmpdir(), 'hufu-kit-test-'));
    });

    after(() => rmSync(folder, { recursive: true }));

    const refused = async (...args) => {
        const kit = spawnKit(args, english);
        return { status: await kit.ended, errors: kit.errors };
    };

    it('understands only what its usage says', async () => {
        const origins = Array.from({ length: 17 }, (_, i) => ['--origin', `https://a${i}.example.tw`]).flat();
        for (const args of [['--bogus'], ['--pin', '123'], ['--pin', '123456789'], ['--pin', '12 456'], ['--cards', ''],
            ['--cards', '../x'], ['--cards', 'nobody'], ['--port', '80'], ['--port', '32001'], ['--port', '4x'],
            ['--port', '20000', '--default-ports'], ['--origin', '*'], ['--origin', 'https://a.example.tw/'], origins,
            ['--pinentry', 'pinentry'], ['--cards'], ['a', 'b']]) {
            assert.equal((await refused(...args)).status, 2, args.join(' '));
        }
    });

    it('names the folder that it does not take', async () => {
        const full = join(folder, 'full');
        mkdirSync(full, { mode: 0o700 });
        writeFileSync(join(full, 'mine'), '');
        const { status, errors } = await refused(full);
        assert.equal(status, 1);
        assert.match(errors, /not empty/);
        chmodSync(full, 0o755);
        assert.match((await refused(full)).errors, /open to others/);
        symlinkSync('/nowhere', join(folder, 'link'));
        assert.equal((await refused(join(folder, 'link'))).status, 1);
        assert.deepEqual(readdirSync(full), ['mine']);
    });

    it('says that a port is taken', async () => {
        const kit = await open();
        const port = kit.facts.ports.gpki[1];
        const { status, errors } = await refused('--port', String(port));
        assert.equal(status, 1);
        assert.match(errors, new RegExp(`port ${port} is taken`));
        assert.equal(await closeKit(kit), 0);
    });

    /* In a place where the program is not, as on a computer without the package. */
    it('names the package that is missing, and one step', { skip: process.getuid() !== 0 && 'missing: root' }, () => {
        const script = 'mount -t tmpfs none /usr/lib/softhsm && exec "$@"';
        const { status, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', join(programs, 'hufu'), 'kit',
            '--data', data], { encoding: 'utf8', env: english });
        assert.equal(status, 1);
        assert.match(stderr, /sudo apt install softhsm2 opensc openssl\nMissing: softhsm2\n$/);
    });
});
