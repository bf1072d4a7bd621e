/* Things that break, each for real: what breaks it, the check of `hufu doctor` that names it, and
 * what a person does then. Where the step is a command (`obey`), that command is run; else `mend` does
 * what the step says in words. For tests/integration/doctor.test.mjs and tests/doctor/breaks. */
import { execFileSync } from 'node:child_process';
import {
    chmodSync, chownSync, existsSync, mkdirSync, rmSync, truncateSync, unlinkSync,
    utimesSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { newSite } from './consent.mjs';
import { until } from './daemon.mjs';
import { writeLeaf } from './leaf.mjs';
import { formBody, portalOrigin } from './servisign.mjs';

const settings = '.config/hufu/hufu.ini';
const database = '.local/share/hufu/tls';
const managed = '/etc/chromium/policies/managed';

const root = (command, ...args) => execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });

/* Writes over a file of the home, which `restore` puts back. */
function change(name, edit) {
    return {
        async break(desk) {
            this.original = desk.read(name);
            desk.write(name, edit(this.original));
        },
        async mend(desk) {
            desk.write(name, this.original);
            desk.hufu('restart');
        },
    };
}

/* Takes the ports that pages ask, with a program that is not hufu. */
const squatter = `
const { createServer } = require('node:net');
let open = 0;
for (const port of [56420, 56520, 56620]) {
    createServer((socket) => socket.on('error', () => {})).listen(port, '127.0.0.1', () => {
        open += 1;
        if (open === 3) console.log('ready');
    });
}`;

const squat = (uid) => async function squatPorts(desk) {
    await desk.endHufud();
    this.child = await desk.start(process.execPath, ['-e', squatter], { uid, ready: /ready/ });
};

const firewall = (...rule) => ({
    async break() {
        root('nft', 'add', 'table', 'inet', 'faults');
        root('nft', 'add', 'chain', 'inet', 'faults', 'in', '{ type filter hook input priority 0 ; }');
        root('nft', 'add', 'rule', 'inet', 'faults', 'in', ...rule);
    },
    async mend() {
        root('nft', 'delete', 'table', 'inet', 'faults');
    },
});

/* A file that root lays down outside the home. */
const rootFile = (path, text) => ({
    async break() {
        mkdirSync(join(path, '..'), { recursive: true });
        writeFileSync(path, text);
    },
    async mend() {
        unlinkSync(path);
    },
});

const driver = (word) => ({
    async break(desk) {
        desk.fault.set(word);
        desk.give();
    },
    async mend(desk) {
        desk.fault.set('none');
        desk.give();
    },
});

const module = '.config/pkcs11/modules/card.module';

const preferences = (setting) => JSON.stringify({ profile: { content_settings: { exceptions: {
    loopback_network: { [`${portalOrigin}:443,*`]: { setting } } } } } });

/* A small disk of its own at `folder`. */
const smallDisk = (folder) => ({
    async break(desk) {
        const path = desk.path(folder);
        root('mount', '-t', 'tmpfs', '-o', `size=2m,uid=${desk.person.uid},mode=700`, 'fault', path);
        desk.run('sh', ['-c', `cat /dev/zero >'${path}/film'`]);
    },
    async mend(desk) {
        root('umount', desk.path(folder));
    },
});

/* What breaks, the check that names it, the first line, how it is broken and mended, and
 * `before`: how many steps the cure has that the old component's FAQ names, by our count; 0: none. */
export const faults = [
    {
        name: 'hufud ended', check: 'service', line: /^hufud is not running\. Run: hufu restart$/,
        before: 3, obey: true, works: true,
        break: (desk) => desk.endHufud(),
    },
    {
        name: 'hufud was killed', check: 'service', line: /^hufud is not running/, before: 3, obey: true, works: true,
        break: (desk) => desk.endHufud('SIGKILL'),
    },
    {
        name: 'hufud hangs', check: 'service', line: /^hufud runs, but does not answer/, before: 4, obey: true,
        works: true,
        break: async (desk) => process.kill(desk.hufud, 'SIGSTOP'),
    },
    {
        name: 'a program of the same person holds the ports', check: 'ports', before: 4, obey: true, works: true,
        line: /port 56420 is held by node, process \d+, of user \S+ \(61905\) End node \(kill \d+\)/,
        break: squat(4242),
    },
    {
        name: 'a program of somebody else holds the ports', check: 'ports', before: 4,
        line: /port 56420 is held by a program of user nobody\. \(61905\) Have nobody end it/,
        break: squat(65534),
        async mend(desk) {
            this.child.kill();
            desk.hufu('restart');
        },
    },
    {
        name: 'the browser lost the certificate', check: 'trust', before: 8, obey: true, works: true,
        line: /^Chromium does not trust hufu\. \(61915\) Run: hufu trust install$/,
        break: async (desk) => {
            const [, name] = root('certutil', '-L', '-d', `sql:${desk.chromium}`).toString()
                .match(/(hufu localhost .*\S)(?= +\S*,\S*,)/);
            root('certutil', '-D', '-d', `sql:${desk.chromium}`, '-n', name);
            desk.give();
        },
    },
    {
        name: 'the browser\'s certificate database is damaged', check: 'trust', before: 8, obey: true,
        line: /^Chromium cannot be made to trust hufu: .*cert9\.db.*Run: hufu trust repair$/,
        break: async (desk) => {
            const file = join(desk.chromium, 'cert9.db');
            truncateSync(file, 3000);
        },
    },
    {
        name: 'the certificate has expired', check: 'certificate', before: 8, obey: true, works: true,
        line: /^hufu's certificate for localhost ended on \S+ \(61911\) Run: hufu restart$/,
        break: async (desk) => {
            writeLeaf(desk.path(database), 'leaf', Date.now() - 86_400_000 / 48);
            desk.give();
        },
    },
    {
        name: 'the certificate is gone', check: 'certificate', before: 8, obey: true,
        line: /^hufu has no certificate for localhost yet\. \(61911\) Run: hufu trust install$/,
        break: async (desk) => unlinkSync(desk.path(database, 'leaf.pem')),
        async after(desk) {
            desk.hufu('restart');
        },
    },
    {
        name: 'the key is open to others', check: 'certificate', line: /^hufu works, but: Other users could read the key/,
        before: 0, obey: true,
        break: async (desk) => chmodSync(desk.path(database, 'leaf.key'), 0o644),
    },
    {
        name: 'a typing mistake in hufu.ini', check: 'settings', before: 2, works: true,
        line: /^A mistake in the settings: \S+hufu\.ini: line \d+/,
        ...change(settings, (text) => text.replace('[trust]\nkeep', '[trust]\nkepe')),
    },
    {
        name: 'a mistake in a component file', check: 'settings', before: 2,
        line: /^A mistake in the settings: \S+bank\.ini: line 2/,
        async break(desk) {
            desk.write('.config/hufu/components.d/bank.ini', '[product bank]\nports = 1 2\n');
        },
        mend: async (desk) => rmSync(desk.path('.config/hufu/components.d/bank.ini')),
    },
    {
        name: 'a mistake in the list of websites', check: 'sites', before: 2,
        line: /^Every website is refused, .*hufu\.ini: line \d+ \(61914\)/,
        ...change(settings, (text) => text.replace('ask = no', 'ask = perhaps')),
    },
    {
        name: 'the answers about websites are open to others', check: 'sites', before: 0, obey: true,
        line: /^Every website is refused, as others could change .* Run: chmod 600 /,
        async break(desk) {
            desk.write('.local/state/hufu/sites.ini', '');
            chmodSync(join(desk.state, 'sites.ini'), 0o666);
        },
    },
    {
        name: 'the home cannot be written to', check: 'home', before: 3,
        line: /^The disk with \S+\/\.local\S* can only be read\./,
        async break(desk) {
            const folder = desk.path('.local');
            root('mount', '--bind', folder, folder);
            root('mount', '-o', 'remount,bind,ro', folder);
        },
        mend: async (desk) => root('umount', desk.path('.local')),
    },
    {
        name: 'the folder of hufu is closed', check: 'home', before: 3, obey: true,
        line: /^You may not write to the folder \S+\/state\/hufu\. Run: chmod u\+rwx /,
        break: async (desk) => chmodSync(desk.state, 0o500),
    },
    {
        name: 'the folder of hufu belongs to root', check: 'home', before: 3,
        line: /^The folder \S+\/state\/hufu belongs to another user\. Run: sudo chown -R /,
        break: async (desk) => chownSync(desk.state, 0, 0),
        mend: async (desk) => desk.give(), /* this person has no name here */
    },
    {
        name: 'the disk is full', check: 'disk', line: /^The disk with \S+ is full\. Delete/, before: 3,
        ...smallDisk('.local/state/hufu'),
        async after(desk) {
            desk.hufu('restart');
        },
    },
    {
        name: 'the clock went back', check: 'clock', before: 3,
        line: /^The computer's clock says \S+, but \S+use\.log is from 20\d\d/,
        async break(desk) {
            desk.append('.local/state/hufu/use.log', '');
            const later = Date.now() / 1000 + 30 * 86_400;
            utimesSync(join(desk.state, 'use.log'), later, later);
        },
        mend: async (desk) => utimesSync(join(desk.state, 'use.log'), 0, 0),
    },
    {
        name: 'a program of hufu is missing', check: 'programs', before: 3,
        line: /^The program hufu-worker is missing: .* Install hufu again\.$/,
        break: async (desk) => unlinkSync(join(desk.bin, 'hufu-worker')),
        async mend(desk) {
            desk.setPrograms();
            desk.hufu('restart');
        },
    },
    {
        name: 'a program of hufu may not be run', check: 'programs', before: 3, obey: true,
        line: /^The program hufu-worker may not be run: .* Run: sudo chmod 755 /,
        break: async (desk) => chmodSync(join(desk.bin, 'hufu-worker'), 0o644),
        async after(desk) {
            desk.hufu('restart');
        },
    },
    {
        name: 'half of an update', check: 'programs', before: 3,
        line: /^hufu is version \S+, but hufud beside it is 0\.0\.9\./,
        async break(desk) {
            unlinkSync(join(desk.bin, 'hufud'));
            writeFileSync(join(desk.bin, 'hufud'), '#!/bin/sh\necho hufud 0.0.9\n', { mode: 0o755 });
        },
        async mend(desk) {
            desk.setPrograms();
            desk.hufu('restart');
        },
    },
    {
        name: 'hufud hangs when it is asked for its version', check: 'programs', before: 3,
        line: /^hufu is version \S+, but hufud beside it is \?\./,
        async break(desk) {
            unlinkSync(join(desk.bin, 'hufud'));
            writeFileSync(join(desk.bin, 'hufud'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
        },
        async mend(desk) {
            desk.setPrograms();
            desk.hufu('restart');
        },
    },
    {
        name: 'a firewall drops what stays inside', check: 'loopback', before: 4, works: true,
        line: /^A firewall blocks connections inside this computer, to 127\.0\.0\.1\./,
        ...firewall('iifname', 'lo', 'tcp', 'flags', 'syn', 'drop'),
    },
    {
        name: 'a firewall refuses what stays inside', check: 'loopback', before: 4, works: true,
        line: /^A firewall blocks connections inside this computer, to 127\.0\.0\.1\./,
        ...firewall('iifname', 'lo', 'tcp', 'flags', 'syn', 'reject', 'with', 'tcp', 'reset'),
    },
    {
        name: 'a firewall knows the port of hufu', check: 'loopback', before: 4, works: true,
        line: /^A firewall blocks connections to hufud, on port 56420 of 127\.0\.0\.1\./,
        ...firewall('tcp', 'dport', '56420', 'drop'),
    },
    {
        name: 'the interface lo is down', check: 'loopback', before: 4, obey: true, works: true,
        line: /^The network interface lo is down\. Run: sudo ip link set lo up$/,
        break: async () => root('ip', 'link', 'set', 'lo', 'down'),
        mend: async () => root('ip', 'link', 'set', 'lo', 'up'),
    },
    {
        name: 'a policy sends localhost to a proxy', check: 'proxy', before: 4,
        line: /^A policy makes the browser send localhost to a proxy: \/etc\/chromium\S+proxy\.json/,
        ...rootFile(`${managed}/proxy.json`, '{"ProxyMode": "fixed_servers", "ProxyServer": "proxy:3128", '
            + '"ProxyBypassList": "<-loopback>"}'),
    },
    {
        name: 'Firefox sends localhost to a proxy', check: 'proxy', before: 4,
        line: /^Firefox sends localhost to its proxy, by its own setting, in \S+prefs\.js/,
        async break(desk) {
            desk.write('.mozilla/firefox/test/prefs.js',
                'user_pref("network.proxy.allow_hijacking_localhost", true);\nuser_pref("network.proxy.type", 1);\n');
            desk.write('.mozilla/firefox/profiles.ini', '[Profile0]\nName=test\nIsRelative=1\nPath=test\n');
            desk.give();
            desk.hufu('trust', 'install');
        },
        mend: async (desk) => rmSync(desk.path('.mozilla'), { recursive: true }),
    },
    {
        name: 'the environment sends localhost to a proxy', check: 'proxy', before: 4,
        line: /^The variable no_proxy makes browsers send localhost to a proxy\./,
        async break(desk) {
            desk.extra = { https_proxy: 'http://proxy:3128', no_proxy: '<-loopback>' };
        },
        async mend(desk) {
            desk.extra = {};
        },
    },
    {
        name: 'a program speaks TLS 1.0', check: 'tls', before: 3,
        line: /^hufu works, but: openssl tried to connect with a version of TLS that is too old, on .* \(61008\) Update openssl/,
        async break(desk) {
            desk.run('openssl', ['s_client', '-connect', '127.0.0.1:56420', '-tls1', '-cipher',
                'DEFAULT@SECLEVEL=0']);
            await until('the note', () => existsSync(join(desk.state, 'tls')));
        },
        mend: async (desk) => rmSync(join(desk.state, 'tls'), { force: true }), /* an hour goes by */
    },
    {
        name: 'a website is refused', check: 'sites', before: 2,
        line: /^hufu works, but: The website https:\/\/new\.example\.tw was turned away .* \(61906\).* run: hufu sites allow/,
        async break(desk) {
            const page = desk.person.daemon.newPage({ origin: newSite });
            await desk.person.as(() => page.post(formBody({ functionname: 'ServiSignEcho', ...page.trailer() })));
            page.close();
            await until('the note', () => existsSync(join(desk.state, 'turned-away')));
        },
        obey: true,
        async after(desk) {
            desk.hufu('sites', 'forget', newSite);
            rmSync(join(desk.state, 'turned-away'));
        },
    },
    {
        name: 'a website is blocked in Chromium', check: 'permission', before: 5,
        line: /^Chromium blocks https:\/\/portal\.example\.tw, .* set "Apps on device" to Allow\.$/,
        async break(desk) {
            desk.write('.config/chromium/Default/Preferences', preferences(2));
        },
        async mend(desk) {
            desk.write('.config/chromium/Default/Preferences', preferences(1));
        },
        after: async (desk) => rmSync(desk.path('.config/chromium'), { recursive: true }),
    },
    {
        name: 'a policy blocks a website', check: 'permission', before: 5,
        line: /^A policy of the administrator keeps https:\/\/portal\.example\.tw from this computer: \/etc\/chromium/,
        ...rootFile(`${managed}/block.json`, `{"LoopbackNetworkBlockedForUrls": ["${portalOrigin}"]}`),
    },
    {
        name: 'the PIN window has no program', check: 'window', before: 3, works: true,
        line: /^The program of the PIN window that hufu\.ini names cannot be run: \/usr\/bin\/pinentry-gone \(5074\)/,
        ...change(settings, (text) => text.replace(/^program = .*$/m, 'program = /usr/bin/pinentry-gone')),
    },
    {
        name: 'the card\'s driver crashes', check: 'drivers', before: 4,
        line: /^The card driver \S+faulty\.so crashes \(.*\)\. \(61105\) Update that driver, or move /,
        ...driver('crash-load'),
    },
    {
        name: 'the card\'s driver hangs', check: 'drivers', before: 4,
        line: /^The card driver \S+faulty\.so hangs: no answer within \d+ ms\. \(61011\)/,
        ...driver('hang-load'),
    },
    {
        name: 'the card\'s driver is not there', check: 'drivers', before: 4,
        line: /^hufu works, but: The card driver that \S+card\.module names is not there/,
        ...change(module, (text) => text.replace('faulty.so', 'gone.so')),
    },
    {
        name: 'others can write the card\'s driver', check: 'drivers', before: 0,
        line: /^hufu works, but: The card driver \S+faulty\.so is left out: others can write it/,
        async break(desk) {
            const [, path] = desk.read(module).match(/^module: (.*)$/m);
            this.path = path;
            chmodSync(path, 0o666);
        },
        async mend() {
            chmodSync(this.path, 0o644);
        },
    },
    {
        name: 'the PIN is locked', check: 'pin', line: /^The card's PIN is locked\. \(9043\) Have the card's issuer unlock it\.$/,
        before: 1, ...driver('locked'),
    },
    {
        name: 'one try of the PIN is left', check: 'pin', before: 1,
        line: /^hufu works, but: One try is left before the card's PIN is locked\./, ...driver('final'),
    },
    {
        name: 'a wrong PIN was entered', check: 'pin', before: 1,
        line: /^hufu works, but: A wrong PIN was entered before\./, ...driver('low'),
    },
];

