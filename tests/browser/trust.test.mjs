/* Real browsers that run before hufu is trusted open its page without a warning after the step that
 * `hufu trust status` names, and no other. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, mkdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

import { browsers, launchChromium, launchFirefox, profilesIni } from '../lib/browsers.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { portalHost } from '../lib/portal.mjs';
import { skipWithout } from '../lib/programs.mjs';

const run = promisify(execFile);

const portal = { host: portalHost, port: 9 }; /* no web site is asked */
const warning = /ERR_CERT_AUTHORITY_INVALID|SEC_ERROR_UNKNOWN_ISSUER|SELF_SIGNED_CERT/;

/* hufu trust, which fails as well while something is left to do. */
async function trust(sandbox, ...args) {
    const { stdout } = await run(join(sandbox.bin, 'hufu'), ['trust', ...args, '--json'],
        { env: sandbox.env() }).catch((error) => error);
    return JSON.parse(stdout);
}

const database = (folder) => run('certutil', ['-N', '--empty-password', '-d', `sql:${folder}`]);

/* Each place where a browser keeps its trust, and how the browser comes to have that one. */
const places = [
    {
        name: 'Chromium',
        store: '.local/share/pki/nssdb',
        prepare: () => {}, /* Chromium makes it */
        launch: (sandbox) => launchChromium(sandbox, join(sandbox.home, 'chromium'), portal),
    },
    {
        name: 'Chromium',
        store: '.pki/nssdb',
        prepare: async (folder) => {
            await mkdir(folder, { recursive: true });
            await database(folder);
        },
        launch: (sandbox) => launchChromium(sandbox, join(sandbox.home, 'chromium'), portal),
    },
    ...['.mozilla/firefox/test', '.config/mozilla/firefox/test'].map((store) => ({
        name: 'Firefox',
        store,
        prepare: async (folder) => {
            await mkdir(folder, { recursive: true });
            await writeFile(join(dirname(folder), 'profiles.ini'), profilesIni);
        },
        launch: (sandbox) => launchFirefox(sandbox, join(sandbox.home, store), portal),
    })),
];

class Setting {
    constructor(place, daemon) {
        this.place = place;
        this.daemon = daemon;
        this.sandbox = daemon.sandbox;
        this.store = join(this.sandbox.home, place.store);
    }

    async launch() {
        this.browser = await this.place.launch(this.sandbox);
    }

    /* Opens hufud's page: "opened", or the browser's warning. Without a call hufud answers 405. */
    async visit() {
        const page = await this.browser.newPage();
        try {
            const response = await page.goto(`https://localhost:${this.daemon.port}/`);
            assert.equal(response.status(), 405);
            return 'opened';
        } catch (error) {
            assert.match(error.message, warning);
            return 'warned';
        } finally {
            await page.close();
        }
    }

    /* What status says of this browser's store. */
    async status() {
        const status = await trust(this.sandbox, 'status');
        const store = status.stores.find(({ path }) => path === this.store);
        assert.equal(store.handshake, 'passed');
        return { ...store, next: status.step, ok: status.ok };
    }

    /* Does the one step that status names; resolves with it. */
    async obey() {
        const { next, restart } = await this.status();
        assert.equal(next, restart ? `Restart ${this.place.name}.` : '');
        if (restart) {
            await this.browser.close();
            await this.launch();
        }
        return next;
    }

    /* A person has thrown hufu's certificate out of the store. */
    async forget() {
        const { stdout } = await run('certutil', ['-L', '-d', `sql:${this.store}`]);
        const [, nickname] = stdout.match(/^(hufu localhost .*\S) +\S*,\S*,\S*\s*$/m);
        await run('certutil', ['-D', '-d', `sql:${this.store}`, '-n', nickname]);
    }

    /* hufud runs and is trusted, but it does not keep it so: what is taken away stays away. */
    async startWithoutWatch() {
        const { settingsFile } = this.daemon;
        await appendFile(settingsFile, '\n[trust]\nkeep = no\n');
        await trust(this.sandbox, 'install');
        await this.daemon.startAndWait();
        if (this.place.name === 'Firefox') {
            await this.launch(); /* which makes its database */
            await this.browser.close();
            await this.install();
        }
    }

    async meetWarning() {
        await this.startWithoutWatch();
        await this.forget();
        await this.launch();
        assert.equal(await this.visit(), 'warned');
    }

    async install() {
        await trust(this.sandbox, 'install');
        await until('trust', async () => (await this.status()).state === 'trusted');
    }

    async stop() {
        await this.browser?.close();
        await this.daemon.stop();
    }
}

/* A home with this one browser; the steps of a test end with the setting. */
async function settingOf(t, place) {
    const daemon = await startDaemon({ more: ['--no-daemon'] });
    const setting = new Setting(place, daemon);
    t.after(() => setting.stop());
    await place.prepare(setting.store);
    return setting;
}

for (const place of places) {
    const { needs } = browsers.find(({ name }) => name === place.name);
    const skip = skipWithout(...needs, 'certutil') || skipDaemon();
    describe(`${place.name} with its trust in ${place.store}`, { skip }, () => {
        it('needs no step when it ran before hufu came', async (t) => {
            const setting = await settingOf(t, place);
            await setting.launch();
            await setting.daemon.startAndWait();
            await until('trust', async () => (await trust(setting.sandbox, 'status')).ok);
            assert.equal(await setting.obey(), '');
            assert.equal(await setting.visit(), 'opened');
        });

        it('has to be restarted when it has warned before', async (t) => {
            const setting = await settingOf(t, place);
            await setting.meetWarning();
            await setting.install();
            assert.equal(await setting.visit(), 'warned'); /* so status asks for nothing idle */
            assert.equal(await setting.obey(), `Restart ${place.name}.`);
            assert.equal(await setting.visit(), 'opened');
            assert.deepEqual([await setting.obey(), (await setting.status()).ok], ['', true]);
        });

        it('needs no step for a new certificate, even after a warning', async (t) => {
            const setting = await settingOf(t, place);
            await setting.meetWarning();
            await unlink(join(setting.sandbox.home, '.local/share/hufu/tls/leaf.key'));
            await trust(setting.sandbox, 'install');
            await setting.daemon.reload();
            assert.equal(await setting.obey(), '');
            assert.equal(await setting.visit(), 'opened');
        });
    });
}
