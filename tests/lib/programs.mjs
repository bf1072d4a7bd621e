/* Which programs this machine has: what a test cannot run without, it names and skips. */
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

function hasProgram(name) {
    const folders = name.includes('/') ? [''] : process.env.PATH.split(':');
    return folders.some((folder) => {
        try {
            accessSync(join(folder, name), constants.X_OK);
            return true;
        } catch {
            return false;
        }
    });
}

function hasPackage(name) {
    try {
        require.resolve(name);
        return true;
    } catch {
        return false;
    }
}

/* For the `skip` option of node:test: false, or what is missing. Names that end in "-core" are
 * packages of npm, all others are programs. */
export function skipWithout(...names) {
    const missing = names.filter((name) => (
        name.endsWith('-core') ? !hasPackage(name) : !hasProgram(name)));
    return missing.length > 0 && `missing: ${missing.join(' ')}`;
}
