/* Where a secret may be hiding: the memory of processes, files, environments. Root only. */
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/* What base64 makes of `bytes` wherever they stand in something longer: three texts, without the
 * characters that their neighbours take part in. */
function insideBase64(bytes) {
    return [0, 1, 2].map((shift) => {
        const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
        const end = Math.floor((shift + bytes.length) * 8 / 6);
        return Buffer.from(text.slice(Math.ceil(shift * 8 / 6), end));
    });
}

/* A secret as it is, and as it travels: in base64, once or twice. */
export function formsOf(secret) {
    const plain = Buffer.from(secret);
    const once = insideBase64(plain);
    return [plain, ...once, ...once.flatMap(insideBase64)];
}

/* undefined for a process that is gone, and its memory with it: hufud's children come and go. */
function openMemory(pid) {
    try {
        return openSync(`/proc/${pid}/mem`);
    } catch (error) {
        if (error.code !== 'ENOENT') {
            throw error;
        }
        return undefined;
    }
}

/* The blocks of memory that `pid` can write to, as { name, bytes }. */
function* writableMemory(pid) {
    const memory = openMemory(pid);
    if (memory === undefined) {
        return;
    }
    try {
        for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
            const [, from, to, name] = line.match(/^(\w+)-(\w+) rw\S+ \S+ \S+ \S+ *(.*)$/) ?? [];
            if (from) {
                const start = Number.parseInt(from, 16);
                const bytes = Buffer.alloc(Number.parseInt(to, 16) - start);
                readSync(memory, bytes, 0, bytes.length, start);
                yield { name: `${name || 'memory'} of ${pid} at ${from}`, bytes };
            }
        }
    } finally {
        closeSync(memory);
    }
}

function* filesBelow(folder) {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
        if (entry.isFile()) {
            const name = join(entry.parentPath ?? entry.path, entry.name);
            yield { name, bytes: readFileSync(name) };
        }
    }
}

/* Where one of `secrets`, { name: text }, is found among `blocks`: "NAME in BLOCK (what is there)". */
function search(secrets, blocks) {
    const found = [];
    for (const { name, bytes } of blocks) {
        for (const [secret, text] of Object.entries(secrets)) {
            const at = formsOf(text).map((form) => bytes.indexOf(form)).find((index) => index >= 0);
            if (at !== undefined) {
                const around = bytes.subarray(Math.max(0, at - 64), at + 64).toString('latin1');
                found.push(`${secret} in ${name}: ${JSON.stringify(around)}`);
            }
        }
    }
    return found;
}

export const searchMemory = (pids, secrets) => pids.flatMap(
    (pid) => search(secrets, writableMemory(pid)));

export const searchFiles = (folder, secrets) => search(secrets, filesBelow(folder));

export const searchProcess = (pids, secrets) => search(secrets, pids.flatMap(
    (pid) => ['cmdline', 'environ', 'comm'].map(
        (file) => ({ name: `${file} of ${pid}`, bytes: readFileSync(`/proc/${pid}/${file}`) }))));
