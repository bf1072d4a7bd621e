/* hufu-tray on a real session bus, as a panel sees it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { childrenOf, isAlive, switchesOf, until } from '../lib/daemon.mjs';
import { programs } from '../lib/sandbox.mjs';
import { Session, skipTray } from '../lib/tray.mjs';

const doctor = 'doctor --json';
const card = 'card --json --follow';
const texts = (en, zh) => ({ en, 'zh-TW': zh });
const ports = {
    id: 'ports',
    state: 'trouble',
    text: texts('Port 56306 is held by my_program <b>.', '連接埠 56306 被 my_program <b> 占用。'),
    step: texts('End that program.', '請結束該程式。'),
};
const trust = {
    id: 'trust',
    state: 'attention',
    text: texts('Firefox does not trust hufu yet.', 'Firefox 尚未信任虎符。'),
    step: texts('Run: hufu trust install', '請執行：hufu trust install'),
};

const labels = ({ children }) => children.filter(({ properties }) => properties.label)
    .map(({ properties }) => properties.label);

async function exitOf({ child }) {
    await until('exit', () => child.exitCode !== null || child.signalCode !== null);
    return child.exitCode;
}

/* A session with everything, and the item in its panel. */
async function startSession(checks = [{ id: 'ground' }], more = {}) {
    const session = new Session();
    try {
        await session.startBus();
        session.findings(checks);
        session.tellCards('{"readers":[]}');
        session.panel = await session.startPanel();
        session.tray = session.startTray(more);
        session.item = await registered(session.panel);
    } catch (error) {
        await session.stop();
        throw error;
    }
    return session;
}

function registered(panel) {
    return until('an item', () => panel.lines.find((line) => line.startsWith('item '))?.slice(5));
}

/* The process of the `hufu card --follow` that is the n-th. */
const followerOf = (session, n = 1) => until('hufu card', () => session.pids('card')[n - 1]);

const becomes = (session, name, value) => until(`${name} ${value}`,
    async () => (await session.property(name)) === value);

describe('the icon', { skip: skipTray() }, () => {
    let session;

    before(async () => {
        session = await startSession();
    });

    after(() => session?.stop());

    test('says who it is', async () => {
        assert.match(session.item, new RegExp(`^org\\.kde\\.StatusNotifierItem-${session.tray.child.pid}-1$`));
        assert.equal(await session.property('Id'), 'hufu');
        assert.equal(await session.property('Title'), '虎符 Hufu');
        assert.equal(await session.property('Category'), 'SystemServices');
        assert.equal(await session.property('Menu'), '/MenuBar');
        assert.equal(await session.property('ItemIsMenu'), false);
    });

    test('is ready', async () => {
        assert.equal(await session.property('IconName'), 'hufu-ready');
        assert.equal(await session.property('Status'), 'Active');
        assert.deepEqual(await session.property('ToolTip'), ['hufu-ready', [], '虎符 Hufu', 'hufu is ready.']);
        assert.equal(await session.property('IconAccessibleDesc'), 'hufu is ready.');
    });

    test('has pixels, another picture for each state', async () => {
        const pictures = new Set();
        for (const checks of [[{}], [trust], [ports]]) {
            session.findings(checks);
            session.tellCards(`{"now":"${checks[0].id}"}`);
            await becomes(session, 'IconName', { trust: 'hufu-attention', ports: 'hufu-trouble' }[checks[0].id]
                ?? 'hufu-ready');
            const pixmaps = await session.property('IconPixmap');
            assert.deepEqual(pixmaps.map(([width, height, bytes]) => [width, height, bytes.length]),
                [[22, 22, 22 * 22 * 4], [32, 32, 32 * 32 * 4], [48, 48, 48 * 48 * 4]]);
            assert.deepEqual(await session.property('AttentionIconPixmap'), pixmaps);
            const [, , bytes] = pixmaps[2];
            assert.equal(bytes[0], 0, 'a corner is round');
            assert.deepEqual(bytes.slice(4 * 20, 4 * 21), [255, 168, 50, 31], 'the seal is red at its upper edge');
            pictures.add(bytes.join());
        }
        assert.equal(pictures.size, 3);
    });

    test('answers every property, and nothing else', async () => {
        const { data: [all] } = await session.busctl('call', session.item, '/StatusNotifierItem',
            'org.freedesktop.DBus.Properties', 'GetAll', 's', 'org.kde.StatusNotifierItem');
        assert.equal(Object.keys(all).length, 18);
        await assert.rejects(session.property('Nonsense'));
    });

    test('opens the page when it is clicked', async () => {
        await session.busctl('call', session.item, '/StatusNotifierItem', 'org.kde.StatusNotifierItem', 'Activate',
            'ii', 0, 0);
        await until('hufu open', () => session.count('open') === 1);
    });
});

describe('the state', { skip: skipTray() }, () => {
    let session;

    beforeEach(async () => {
        session = await startSession();
    });

    afterEach(() => session?.stop());

    test('changes with what doctor finds, and the panel is told', async () => {
        session.findings([{ id: 'ground' }, ports, trust], 'ports');
        session.tellCards('{"readers":[{"name":"R"}]}');
        await becomes(session, 'Status', 'NeedsAttention');
        assert.equal(await session.property('IconName'), 'hufu-trouble');
        assert.equal(await session.property('AttentionIconName'), 'hufu-trouble');
        const [, , , text] = await session.property('ToolTip');
        assert.equal(text, 'Port 56306 is held by my_program ‹b›.');
        for (const name of ['NewIcon', 'NewAttentionIcon', 'NewStatus', 'NewToolTip', 'LayoutUpdated']) {
            assert.ok(session.panel.lines.includes(`signal ${name}`), name);
        }
        session.findings([{ id: 'ground' }]);
        session.tellCards('{"readers":[]}');
        await becomes(session, 'Status', 'Active');
    });

    test('shows the step that is first, under the icon of the worst', async () => {
        session.findings([trust, ports], 'trust');
        session.tellCards('{"readers":[1]}');
        await becomes(session, 'IconName', 'hufu-trouble');
        assert.equal((await session.property('ToolTip'))[3], trust.text.en);
    });

    test('is trouble when doctor gives no answer', async () => {
        const failures = () => session.tray.lines.filter((line) => /doctor gave no answer/.test(line)).length;
        for (const [i, answer] of ['', '{"checks":[]}', '{"checks":[{"state":"odd"}]}', 'x'.repeat(2 << 20),
            '{"checks":[{"state":"trouble"}]}'].entries()) {
            session.write('doctor', answer);
            session.tellCards(`{"bad":${i}}`);
            await until('a look', () => failures() === i + 1);
            assert.equal(await session.property('IconName'), 'hufu-trouble');
            assert.equal((await session.property('ToolTip'))[3], 'hufu could not find out how it is.');
            assert.ok(await session.entry('Run in a terminal: hufu doctor'));
        }
        session.findings([{ id: 'ground' }]);
        session.tellCards('{"good":1}');
        await becomes(session, 'Status', 'Active');
    });

    test('changes when hufud starts, ends or is refused, and not with each use', async () => {
        const file = (name) => session.path(`.local/state/hufu/${name}`);
        await until('the folder', () => existsSync(file('')));
        for (const [i, change] of [() => session.write('.local/state/hufu/ports', '56306\n'),
            () => session.write('.local/state/hufu/refusals', ''), () => rmSync(file('ports'))].entries()) {
            change();
            await until('a look', () => session.count(doctor) === i + 2);
        }
        writeFileSync(file('use.log'), '');
        session.write('.local/state/hufu/use.log', 'x');
        await sleep(1500);
        assert.equal(session.count(doctor), 4);
    });

    test('costs little where a reader comes and goes all the time', async () => {
        for (let i = 0; i < 60; i++) {
            session.tellCards(`{"readers":[${i}]}`);
            await sleep(150);
        }
        assert.ok(session.count(doctor) <= 10, `${session.count(doctor)} looks`);
        assert.ok(session.count(doctor) >= 3, `${session.count(doctor)} looks`);
    });

    test('is looked at once for each change, and not for none', async () => {
        const before = session.count(doctor);
        assert.equal(before, 1);
        session.write('doctor.hold', '');
        session.tellCards('{"readers":[1]}');
        await until('doctor', () => session.count(doctor) === 2);
        session.tellCards('{"readers":[2]}'); /* while doctor looks: it is asked once more */
        session.tellCards('{"readers":[3]}');
        session.tellCards('{"readers":[3]}');
        await sleep(1000);
        session.remove('doctor.hold');
        await until('doctor again', () => session.count(doctor) === 3);
        session.tellCards('{"readers":[3]}');
        await sleep(3000);
        assert.equal(session.count(doctor), 3);
        assert.equal(session.count(card), 1);
    });

    test('is looked at when the menu opens, if it is old; until then nothing wakes up', async () => {
        const open = () => session.menu('AboutToShow', 'i', 0);
        await open();
        await sleep(1000);
        const { pid } = session.tray.child;
        const switches = switchesOf(pid);
        await sleep(14_500); /* FRESH_S in src/tray/look.c is 15 */
        assert.equal(switchesOf(pid), switches);
        assert.equal(session.count(doctor), 1);
        session.findings([trust]);
        await open();
        await becomes(session, 'IconName', 'hufu-attention');
        assert.equal(session.count(doctor), 2);
    });

    test('is looked at for a line that is too long, and for the next one', async () => {
        session.tellCards('x'.repeat(100_000));
        await until('a look', () => session.count(doctor) === 2);
        await until('the end of the look', async () => childrenOf(session.tray.child.pid).length === 1);
        session.tellCards('{"readers":[1]}');
        await until('a look', () => session.count(doctor) === 3);
    });

    test('comes anew when hufu card has ended', async () => {
        const pid = await followerOf(session);
        process.kill(pid);
        await until('hufu card', () => session.count(card) === 2);
        session.findings([trust]);
        session.tellCards('{"readers":[9]}');
        await becomes(session, 'IconName', 'hufu-attention');
    });
});

describe('the menu', { skip: skipTray() }, () => {
    let session;

    before(async () => {
        session = await startSession([{ id: 'ground' }, ports], {});
    });

    after(() => session?.stop());

    test('has what there is to do, and the finding', async () => {
        const menu = await session.layout();
        assert.deepEqual(labels(menu), ['Open hufu', 'Restart hufu', 'Port 56306 is held by my__program <b>.',
            'End that program.', 'Diagnose…', 'Language 語言', 'Quit']);
        assert.deepEqual(labels(menu.children.find(({ children }) => children.length)),
            ['As the system', '正體中文', 'English']);
        const disabled = menu.children.filter(({ properties }) => properties.enabled === false);
        assert.deepEqual(disabled.map(({ properties }) => properties.label),
            ['Port 56306 is held by my__program <b>.', 'End that program.']);
        assert.equal(menu.children.filter(({ properties }) => properties.type === 'separator').length, 2);
    });

    test('is told as deep and as wide as is asked', async () => {
        assert.deepEqual((await session.layout(0, 0)).children, []);
        const flat = await session.layout(0, 1, ['label']);
        assert.ok(flat.children.length === 9 && flat.children.every(({ children }) => children.length === 0));
        assert.deepEqual(flat.children[0].properties, { label: 'Open hufu' });
        const { id } = await session.entry('Quit');
        const { data: [group] } = await session.menu('GetGroupProperties', 'aias', 2, id, 4711, 1, 'enabled');
        assert.deepEqual(group, [[id, { enabled: { type: 'b', data: true } }]]);
        assert.deepEqual((await session.menu('GetProperty', 'is', id, 'label')).data, [{ type: 's', data: 'Quit' }]);
    });

    test('refuses what is not there', async () => {
        await assert.rejects(session.menu('GetLayout', 'iias', 4711, -1, 0));
        await assert.rejects(session.menu('GetLayout', 'iias', -1, -1, 0));
        await assert.rejects(session.menu('GetProperty', 'is', 1, 'nonsense'));
        await assert.rejects(session.menu('Event', 'isvu', 4711, 'clicked', 's', '', 0));
        const { data: [unknown] } = await session.menu('EventGroup', 'a(isvu)', 1, 4711, 'clicked', 's', '', 0);
        assert.deepEqual(unknown, [4711]);
        assert.deepEqual((await session.menu('AboutToShow', 'i', 0)).data, [false]);
    });

    test('opens the page, to use and to diagnose', async () => {
        await session.click('Open hufu');
        await until('hufu open', () => session.count('open') === 1);
        await session.click('Diagnose…');
        await until('hufu open', () => session.count('open') === 2);
    });

    test('does nothing for what is no click', async () => {
        const { id } = await session.entry('Open hufu');
        await session.menu('Event', 'isvu', id, 'hovered', 's', '', 0);
        await session.click('End that program.');
        await session.menu('AboutToShow', 'i', 0);
        assert.equal(session.count('open'), 2);
    });

    test('restarts hufu, once at a time, and looks again', async () => {
        session.write('restart.hold', '');
        await session.click('Restart hufu');
        const entry = await until('the entry', () => session.entry('Restarting…'));
        assert.equal(entry.properties.enabled, false);
        await session.menu('Event', 'isvu', entry.id, 'clicked', 's', '', 0);
        session.findings([{ id: 'ground' }]);
        session.remove('restart.hold');
        await until('a note', () => session.panel.lines.includes('note hufu has been restarted.'));
        await becomes(session, 'Status', 'Active');
        assert.ok(await session.entry('Restart hufu'));
        assert.equal(session.count('restart'), 1);
    });

    test('says when a restart or the page fails', async () => {
        session.write('restart.exit', '1');
        await session.click('Restart hufu');
        await until('a note', () => session.panel.lines.some((line) => line.startsWith('note hufu could not be restarted')));
        session.write('open.exit', '1');
        await session.click('Open hufu');
        await until('a note', () => session.panel.lines.some((line) => line.startsWith("note hufu's page could not")));
    });

    test('quits', async () => {
        session.remove('open.exit');
        session.write('open.hold', '');
        const opened = session.count('open');
        await session.click('Open hufu');
        await until('hufu open', () => session.count('open') === opened + 1);
        const page = await until('the page', () => session.pids('open')[opened]);
        const follower = await followerOf(session);
        await session.click('Quit');
        assert.equal(await exitOf(session.tray), 0);
        assert.ok(!isAlive(follower));
        assert.ok(isAlive(page), 'the page that is open stays');
        session.remove('open.hold');
        await until('its end', () => !isAlive(page));
    });
});

describe('the language', { skip: skipTray() }, () => {
    let session;

    beforeEach(async () => {
        session = await startSession([trust]);
    });

    afterEach(() => session?.stop());

    const chosen = async () => (await session.layout()).children.flatMap(({ children }) => children)
        .filter(({ properties }) => properties['toggle-state'] === 1).map(({ properties }) => properties.label);
    const file = () => session.path('.config/hufu/tray.ini');

    test('is chosen, kept, and that of the system again', async () => {
        assert.deepEqual(await chosen(), ['As the system']);
        await session.click('正體中文');
        assert.deepEqual(await chosen(), ['正體中文']);
        assert.deepEqual(labels(await session.layout()), ['開啟虎符', '重新啟動虎符', trust.text['zh-TW'],
            trust.step['zh-TW'], '診斷…', '語言 Language', '結束']);
        assert.equal((await session.property('ToolTip'))[3], trust.text['zh-TW']);
        assert.equal(readFileSync(file(), 'utf8'), '[tray]\nlanguage = zh-TW\n');
        assert.equal(statSync(file()).mode & 0o777, 0o600);
        await session.click('結束');
        assert.equal(await exitOf(session.tray), 0);

        session.panel.lines.length = 0;
        session.tray = session.startTray();
        session.item = await registered(session.panel);
        assert.deepEqual(await chosen(), ['正體中文']);
        await session.click('依系統設定');
        assert.ok(await session.entry('Open hufu'));
        await session.click('English');
        assert.deepEqual(await chosen(), ['English']);
    });

    test('is changed even where it cannot be kept', async () => {
        rmSync(session.path('.config'), { recursive: true, force: true });
        writeFileSync(session.path('.config'), '');
        await session.click('正體中文');
        assert.ok(await session.entry('開啟虎符'));
        await until('a line', () => session.tray.lines.some((line) => /cannot keep the language/.test(line)));
    });
});

describe('a bad tray.ini', { skip: skipTray() }, () => {
    test('is told, with the line, and passed by', async () => {
        const session = new Session();
        try {
            mkdirSync(session.path('.config/hufu'), { recursive: true });
            writeFileSync(session.path('.config/hufu/tray.ini'), '[tray]\nlanguage = klingon\n');
            await session.startBus();
            session.findings([{ id: 'ground' }]);
            session.panel = await session.startPanel();
            session.tray = session.startTray({ LC_ALL: 'zh_TW.UTF-8' });
            session.item = await registered(session.panel);
            assert.ok(await session.entry('開啟虎符'));
            assert.match(session.tray.lines.join('\n'), /tray\.ini: line 2: \[tray\] language = system, zh-TW or en/);
        } finally {
            await session.stop();
        }
    });
});

describe('the command line', { skip: skipTray() }, () => {
    const run = (...args) => spawnSync(join(programs, 'hufu-tray'), args, { encoding: 'utf8', timeout: 20_000 });

    test('--version, --help', () => {
        assert.equal(run('--version').stdout, 'hufu-tray 0.1.0\n');
        const { status, stdout } = run('--help');
        assert.equal(status, 0);
        assert.match(stdout, /^Usage: hufu-tray |^用法：hufu-tray /);
    });

    test('wrong usage is status 2', () => {
        for (const args of [['--nonsense'], ['surplus'], ['--help', '--version'], ['']]) {
            const { status, stdout, stderr } = run(...args);
            assert.deepEqual([status, stdout], [2, ''], args.join(' '));
            assert.match(stderr, /hufu-tray \[--help/);
        }
    });
});

describe('a life', { skip: skipTray() }, () => {
    let session;

    beforeEach(() => {
        session = new Session();
        session.findings([{ id: 'ground' }]);
        session.tellCards('{"readers":[]}');
    });

    afterEach(() => session?.stop());

    test('without a session bus it says so and ends', async () => {
        const tray = session.startTray();
        assert.equal(await exitOf(tray), 1);
        assert.match(tray.lines.join('\n'), /^hufu-tray: No desktop session was found/);
        assert.deepEqual(session.calls, []);
    });

    test('without a panel it waits, runs nothing and does not wake up', async () => {
        await session.startBus();
        const tray = session.startTray();
        await until('a line', () => tray.lines.length > 0);
        assert.match(tray.lines[0], /no place for icons yet; .*GNOME needs the extension AppIndicator/);
        assert.deepEqual(session.calls, []);
        const panel = await session.startPanel();
        session.item = await registered(panel);
        assert.equal(await session.property('Status'), 'Active');
        assert.equal(tray.lines.length, 1);
    });

    test('a panel that comes back gets the icon again', async () => {
        await session.startBus();
        const tray = session.startTray();
        for (let i = 1; i <= 3; i++) {
            const panel = await session.startPanel();
            session.item = await registered(panel);
            assert.equal(await session.property('Status'), 'Active');
            const follower = await followerOf(session, i);
            await panel.stop();
            await until('rest', () => !isAlive(follower) && childrenOf(tray.child.pid).length === 0);
        }
        assert.equal(session.count(card), 3);
    });

    test('there is one in a session', async () => {
        await session.startBus();
        const panel = await session.startPanel();
        session.startTray();
        await registered(panel);
        const second = session.startTray({ LC_ALL: 'zh_TW.UTF-8' });
        assert.equal(await exitOf(second), 0);
        assert.deepEqual(second.lines, ['hufu-tray: 這個工作階段已有一個在執行。']);
        assert.equal(panel.lines.filter((line) => line.startsWith('item ')).length, 1);
    });

    test('it ends with its session, and what it runs ends with it', async () => {
        await session.startBus();
        const panel = await session.startPanel();
        const tray = session.startTray();
        await registered(panel);
        const follower = await followerOf(session);
        session.bus.kill();
        assert.equal(await exitOf(tray), 0);
        assert.ok(!isAlive(follower));
    });

    test('killed, it leaves nothing that runs', async () => {
        await session.startBus();
        const panel = await session.startPanel();
        const tray = session.startTray();
        await registered(panel);
        session.write('doctor.hold', ''); /* it would look for ever */
        session.tellCards('{"readers":[1]}');
        await until('doctor', () => session.count(doctor) === 2);
        tray.child.kill('SIGKILL');
        await until('the end of all', () => ![...session.pids('card'), ...session.pids('doctor')].some(isAlive));
    });

    test('without hufu beside it, it says what to do', async () => {
        rmSync(session.path('hufu'));
        await session.startBus();
        const panel = await session.startPanel();
        session.startTray();
        session.item = await registered(panel);
        assert.equal(await session.property('IconName'), 'hufu-trouble');
        assert.ok(await session.entry('Run in a terminal: hufu doctor'));
        assert.ok(!existsSync(session.path('calls')));
    });
});
