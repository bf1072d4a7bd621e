/* Real browsers in a throwaway home, under remote control. They check certificates as always:
 * trust comes from the databases in that home and from nowhere else. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/* NSS lets a database be shared, but not be written by two at once. */
async function addAuthority(database, file) {
    await run('certutil',
        ['-A', '-d', `sql:${database}`, '-n', 'hufu test pages', '-t', 'C,,', '-i', file]);
}

async function makeDatabase(folder) {
    if (!existsSync(join(folder, 'cert9.db'))) {
        await mkdir(folder, { recursive: true });
        await run('certutil', ['-N', '--empty-password', '-d', `sql:${folder}`]);
    }
}

/* The databases of which Chromium reads the first that exists. */
async function trustInChromium(home, authority) {
    const folders = ['.pki/nssdb', '.local/share/pki/nssdb'].map((name) => join(home, name));
    const existing = folders.filter((folder) => existsSync(folder));
    for (const folder of existing.length > 0 ? existing : folders.slice(1)) {
        await makeDatabase(folder);
        await addAuthority(folder, authority);
    }
}

export function chromiumArguments(portal) {
    return [
        `--host-resolver-rules=MAP ${portal.host}:443 127.0.0.1:${portal.port},`
            + `MAP ${portal.host} 127.0.0.1`, /* other ports as they are, as in Firefox */
        '--disable-background-networking', '--disable-component-update',
        '--disable-features=Translate', '--disable-gpu', '--disable-quic', '--disable-sync',
        '--no-default-browser-check', '--no-first-run', '--no-proxy-server',
        '--password-store=basic', '--test-type', ...process.getuid() === 0 ? ['--no-sandbox'] : [],
    ];
}

export async function prepareChromium(sandbox, authority) {
    await trustInChromium(sandbox.home, authority);
    return join(sandbox.home, 'chromium');
}

/* The browser as it is, in a folder that may not exist yet; nothing is added to its trust. */
export async function launchChromium(sandbox, profile, portal) {
    const { chromium } = await import('playwright-core');
    const context = await chromium.launchPersistentContext(profile, {
        executablePath: '/usr/bin/chromium',
        headless: true,
        args: chromiumArguments(portal),
        env: sandbox.env(),
        handleSIGHUP: false, handleSIGINT: false, handleSIGTERM: false, /* the caller's affair */
    });
    return { newPage: () => context.newPage(), close: () => context.close() };
}

async function openChromium(sandbox, { portal, authority }) {
    return launchChromium(sandbox, await prepareChromium(sandbox, authority), portal);
}

export function firefoxPreferences(portal) {
    return {
        'app.update.enabled': false,
        'browser.aboutwelcome.enabled': false,
        'browser.shell.checkDefaultBrowser': false,
        'browser.startup.homepage_override.mstone': 'ignore',
        'datareporting.policy.dataSubmissionEnabled': false,
        'network.captive-portal-service.enabled': false,
        'network.connectivity-service.enabled': false,
        'network.dns.localDomains': portal.host,
        'network.proxy.type': 0,
        'network.socket.forcePort': `443=${portal.port}`,
        'toolkit.telemetry.reportingpolicy.firstRun': false,
    };
}

export const profilesIni = `[Profile0]
Name=test
IsRelative=1
Path=test
Default=1
`;

/* A profile as Firefox itself would have made it, so that `hufu trust install` finds it. */
export async function prepareFirefox(sandbox, authority) {
    const folder = join(sandbox.home, '.mozilla', 'firefox');
    const profile = join(folder, 'test');
    await makeDatabase(profile);
    await writeFile(join(folder, 'profiles.ini'), profilesIni);
    await addAuthority(profile, authority);
    await sandbox.hufu('trust', 'install');
    return profile;
}

/* As launchChromium; `profile` exists. */
export async function launchFirefox(sandbox, profile, portal) {
    const { default: puppeteer } = await import('puppeteer-core');
    const browser = await puppeteer.launch({
        browser: 'firefox',
        executablePath: '/usr/bin/firefox-esr',
        headless: true,
        userDataDir: profile,
        acceptInsecureCerts: false,
        extraPrefsFirefox: firefoxPreferences(portal),
        env: sandbox.env(),
    });
    return { newPage: () => browser.newPage(), close: () => browser.close() };
}

async function openFirefox(sandbox, { portal, authority }) {
    return launchFirefox(sandbox, await prepareFirefox(sandbox, authority), portal);
}

/* Per browser: what it needs, and open(sandbox, { portal, authority }), which resolves with
 * { newPage(), close() }. Pages share goto(url), evaluate(function, argument), screenshot(). */
export const browsers = [
    { name: 'Chromium', needs: ['/usr/bin/chromium', 'playwright-core'], open: openChromium },
    { name: 'Firefox', needs: ['/usr/bin/firefox-esr', 'puppeteer-core'], open: openFirefox },
];
