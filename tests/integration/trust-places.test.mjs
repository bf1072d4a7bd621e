/* Every place of every browser, in every kind of home: which of them hufu trust serves, and what it
 * says of those that it cannot. What a hostile hand put there is in tests/hostile. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { skipWithout } from '../lib/programs.mjs';
import {
    ask, environment, homeAt, hufu, list, makeDatabase, makeHome, makeProfile, run, skip, trust,
} from '../lib/trust.mjs';

const folder = (home, name) => {
    mkdirSync(join(home.path, name), { recursive: true, mode: 0o700 });
    return join(home.path, name);
};

/* Of each store its browser, package and path below the home. */
const placesOf = (home, { stores }) => stores
    .map(({ browser, package: kind, path }) => [browser, kind, path.replace(`${home.path}/`, '')]);

test('every profile of every place is trusted, whatever its package', { skip }, (t) => {
    const home = makeHome(t);
    const places = [
        ['Chromium', '', '.pki/nssdb'],
        ['Chromium', '', '.local/share/pki/nssdb'],
        ['Chromium', 'snap', 'snap/chromium/current/.pki/nssdb'],
        ['Chromium', 'snap', 'snap/chromium/current/.local/share/pki/nssdb'],
        ['Chrome', 'flatpak', '.var/app/com.google.Chrome/data/pki/nssdb'],
        ['Brave', 'flatpak', '.var/app/com.brave.Browser/.pki/nssdb'],
        ['Firefox', '', '.mozilla/firefox/a.default-esr'],
        ['Firefox', '', '.mozilla/firefox/b.default-release'],
        ['Firefox', '', '.config/mozilla/firefox/a b.default'],
        ['Firefox', 'snap', 'snap/firefox/common/.mozilla/firefox/a'],
        ['Firefox', 'flatpak', '.var/app/org.mozilla.firefox/.mozilla/firefox/a'],
        ['Firefox', 'flatpak', '.var/app/org.mozilla.firefox/config/mozilla/firefox/a'],
        ['LibreWolf', '', '.librewolf/虎.default'],
    ];
    folder(home, 'snap/chromium/2345');
    symlinkSync('2345', join(home.path, 'snap/chromium/current'));
    for (const [, , path] of places) {
        makeDatabase(join(home.path, path));
    }
    const answer = ask(home, 'install');
    assert.deepEqual(placesOf(home, answer).sort(), places.sort());
    assert.equal(answer.ok, true);
    for (const { path } of answer.stores) {
        assert.equal(list(path).length, 1, path);
    }
    assert.ok(ask(home, 'remove').stores.every(({ state }) => state === 'removed'));
});

test('a package that was started once has its store made', { skip }, (t) => {
    const home = makeHome(t);
    folder(home, '.var/app/com.google.Chrome/config');
    folder(home, '.var/app/org.gnome.Maps');
    folder(home, 'snap/brave'); // installed, never started: no `current` yet
    assert.deepEqual(placesOf(home, ask(home, 'install')), [
        ['Chromium', '', '.local/share/pki/nssdb'],
        ['Chrome', 'flatpak', '.var/app/com.google.Chrome/data/pki/nssdb'],
    ]);
    assert.ok(!existsSync(join(home.path, '.pki')));
    folder(home, 'snap/brave/7');
    symlinkSync('7', join(home.path, 'snap/brave/current'));
    ask(home, 'install');
    assert.equal(list(join(home.path, 'snap/brave/7/.local/share/pki/nssdb')).length, 1);
});

test('profiles of installs.ini, of the folder and by full path are trusted', { skip }, (t) => {
    const home = makeHome(t);
    const root = folder(home, '.mozilla/firefox');
    const listed = makeProfile(home, 'listed');
    const installed = folder(home, '.mozilla/firefox/installed');
    const used = folder(home, '.mozilla/firefox/used');
    const away = folder(home, 'work/profile');
    writeFileSync(join(root, 'profiles.ini'), `\ufeff[Profile0]\r\nPath=listed\r\n
[Profile1]\r\nIsRelative=0\r\nPath=${away}\r\nnonsense\r\n`);
    writeFileSync(join(root, 'installs.ini'), '[4F96D1932A9F858E]\nDefault=installed\nLocked=1\n');
    writeFileSync(join(used, 'compatibility.ini'), '[Compatibility]\n');
    const answer = ask(home, 'install');
    for (const path of [listed, installed, used, away]) {
        assert.equal(answer.at(path)?.state, 'added', path);
    }
    assert.equal(answer.stores.length, 5);
});

test('a profile in the old format is left for the browser to convert', (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'old');
    writeFileSync(join(profile, 'cert8.db'), 'old');
    const answer = ask(home, 'install');
    assert.equal(answer.at(profile).state, 'refused');
    assert.match(answer.at(profile).detail, /format from before 2018/);
    assert.deepEqual(readdirSync(profile), ['cert8.db']);
    assert.match(trust(home, ['install']).stdout, /\nStart the browser once with this profile.*\n$/);
});

test('Thunderbird is served when hufu.ini says so', { skip }, (t) => {
    const home = makeHome(t);
    const profile = makeProfile(home, 'x', '.thunderbird');
    assert.equal(ask(home, 'install').at(profile), undefined);
    folder(home, '.config/hufu');
    writeFileSync(join(home.path, '.config/hufu/hufu.ini'), '[trust]\nthunderbird = yes\n');
    assert.equal(ask(home, 'install').at(profile).browser, 'Thunderbird');
    assert.equal(list(profile).length, 1);
});

for (const [what, name] of [
    ['spaces', 'a b  c'], ['Chinese characters', '使用者 家'], ['quotes', 'it\'s "mine"'],
    ['a line break', 'line\nbreak'], ['brackets and signs', '[x] %s $HOME \\ ; #'],
]) {
    test(`a home with ${what} in its name is a home`, { skip }, (t) => {
        const home = homeAt(folder(makeHome(t), name));
        const profile = makeProfile(home, '設定 檔.default');
        const answer = ask(home, 'install');
        assert.equal(answer.ok, true);
        for (const path of [home.chromium, profile]) {
            assert.equal(answer.at(path)?.state, 'added', path);
            assert.equal(list(path).length, 1);
        }
        const { stdout } = trust(home, ['status']);
        assert.equal(stdout.match(/^trusted  /gm).length, 2, stdout);
    });
}

test('a home that is a link, and links inside it, are followed', { skip }, (t) => {
    const outer = makeHome(t);
    folder(outer, 'disk/user/dotfiles/mozilla/firefox');
    symlinkSync('disk/user', join(outer.path, 'link'));
    symlinkSync('dotfiles/mozilla', join(outer.path, 'link/.mozilla'));
    const home = homeAt(join(outer.path, 'link'));
    const profile = makeProfile(home, 'x');
    const answer = ask(home, 'install');
    assert.equal(answer.ok, true);
    assert.equal(answer.at(profile).state, 'added');
    assert.equal(list(join(outer.path, 'disk/user/dotfiles/mozilla/firefox/x')).length, 1);
});

for (const [what, value, data] of [
    ['unset', undefined, '.local/share'], ['empty', '', '.local/share'],
    ['relative', 'data', '.local/share'], ['set', '@/my data', 'my data'],
    ['set outside of the home', '@/../data', '../data'],
]) {
    test(`XDG_DATA_HOME that is ${what} is honoured as its specification says`, { skip }, (t) => {
        const home = homeAt(folder(makeHome(t), 'home'));
        folder(home, data);
        const env = value === undefined ? {} :
            { XDG_DATA_HOME: value.replace('@/..', dirname(home.path)).replace('@', home.path) };
        const { stdout, status } = trust(home, ['install', '--json'], env);
        assert.equal(status, 0, stdout);
        assert.equal(list(join(home.path, data, 'pki/nssdb')).length, 1);
        assert.ok(data === '.local/share' || !existsSync(home.chromium));
    });
}

test('a home of no use is explained, and nothing is made', (t) => {
    const home = makeHome(t);
    writeFileSync(join(home.path, 'file'), '');
    symlinkSync('nowhere', join(home.path, 'dangling'));
    for (const [HOME, detail] of [
        ['', 'is not set'], ['home', 'is not set'], [join(home.path, 'missing'), 'cannot be opened'],
        [join(home.path, 'dangling'), 'cannot be opened'], [join(home.path, 'file'), 'not a folder'],
    ]) {
        for (const verb of ['install', 'status', 'remove']) {
            const { status, stdout, stderr } = trust(home, [verb], { HOME });
            assert.equal(status, 1);
            assert.equal(stdout, '');
            assert.match(stderr, new RegExp(`^hufu: .*HOME.*${detail}.*\\n.*\\n$`), `${verb} ${HOME}`);
        }
    }
    assert.deepEqual(readdirSync(home.path).sort(), ['dangling', 'file']);
});

test('a home that cannot be written is explained', { skip: skipWithout('unshare') }, (t) => {
    const home = makeHome(t);
    const script = 'mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME" && ' +
        'exec "$0" trust install';
    const { status, stderr } = run('unshare', ['-rm', 'sh', '-c', script, hufu],
        { env: environment(home) });
    assert.equal(status, 1);
    assert.match(stderr, /^hufu: .*tls.*\n.*\n$/);
    assert.deepEqual(readdirSync(home.path), []);
});
