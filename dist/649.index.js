export const id = 649;
export const ids = [649];
export const modules = {

/***/ 6072:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Re: () => (/* binding */ orAbsent),
/* harmony export */   XM: () => (/* binding */ pathOf),
/* harmony export */   ZL: () => (/* binding */ understand),
/* harmony export */   cY: () => (/* binding */ createAsk),
/* harmony export */   rR: () => (/* binding */ headerOf),
/* harmony export */   s8: () => (/* binding */ orStatus)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7428);
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(7597);
// One exchange with the forge's API, with Octokit: a reply that is understood, or a fault as a value. Octokit is loaded on
// first use: it costs start-up.

function createAsk(options) {
    let client;
    const connect = () => {
        client ??= Promise.all(/* import() */[__webpack_require__.e(119), __webpack_require__.e(413)]).then(__webpack_require__.bind(__webpack_require__, 2413)).then(({ getOctokit: create }) => create(options.token, {
            baseUrl: options.apiUrl.replace(/\/+$/, ''),
            userAgent: 'rollback-plan',
            log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
        }));
        return client;
    };
    return async (limits, exchange) => {
        try {
            const octokit = await connect();
            const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(limits.deadlineMs)]);
            return await exchange((route, parameters) => octokit.request(route, { ...parameters, request: { signal, redirect: 'manual' } }));
        }
        catch (thrown) {
            return { ok: false, fault: faultOf(thrown) };
        }
    };
}
function ignore() { }
/** Slashes stay slashes: they are part of the route, and some proxies don't take `%2F`. */
function pathOf(path) {
    return path.split('/').map(encodeURIComponent).join('/');
}
/** "Not found" and "no such method" as an answer. */
async function orAbsent(call) {
    const answer = await orStatus(call, [404, 405]);
    return typeof answer === 'number' ? undefined : answer;
}
/** The reply, or the status when it is one of these. */
async function orStatus(call, statuses) {
    try {
        return await call;
    }
    catch (thrown) {
        const { status } = faultOf(thrown);
        if (status !== undefined && statuses.includes(status))
            return status;
        throw thrown;
    }
}
function understand(reply, schema, value) {
    if (reply.status >= 300)
        return { ok: false, fault: redirected(reply) };
    const parsed = schema.safeParse(reply.data);
    if (parsed.success)
        return { ok: true, value: value(parsed.data) };
    const message = `the answer is not what the API documents: ${zod__WEBPACK_IMPORTED_MODULE_0__/* .prettifyError */ .S1(parsed.error)}`;
    return {
        ok: false,
        fault: { status: reply.status, message, retryAfterMs: undefined, location: undefined },
    };
}
const headersSchema = zod__WEBPACK_IMPORTED_MODULE_1__/* .record */ .g1P(zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP(), zod__WEBPACK_IMPORTED_MODULE_1__/* .union */ .KCZ([zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP(), zod__WEBPACK_IMPORTED_MODULE_1__/* .number */ .aig()]).optional());
const replyWithHeaders = zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ headers: headersSchema });
/** A header of a reply by its lower-case name. */
function headerOf(reply, name) {
    const value = replyWithHeaders.safeParse(reply).data?.headers[name];
    return value === undefined ? undefined : String(value);
}
function redirected(reply) {
    const location = headerOf(reply, 'location');
    return { status: reply.status, message: 'the forge redirects', retryAfterMs: undefined, location };
}
// Octokit marks exchanges that got no answer with status 500, too; those have no `response`.
const requestError = zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({
    status: zod__WEBPACK_IMPORTED_MODULE_1__/* .number */ .aig(),
    message: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP(),
    response: zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ headers: headersSchema.optional() }).optional(),
});
function faultOf(thrown) {
    const known = requestError.safeParse(thrown).data;
    const headers = known?.response?.headers ?? {};
    return {
        status: known?.response === undefined ? undefined : known.status,
        message: known?.message ?? String(thrown),
        retryAfterMs: retryAfter(headers),
        location: undefined,
    };
}
function retryAfter(headers) {
    const seconds = Number(headers['retry-after']);
    if (Number.isFinite(seconds) && seconds >= 0)
        return seconds * 1000;
    const reset = Number(headers['x-ratelimit-reset']);
    if (Number(headers['x-ratelimit-remaining']) === 0 && Number.isFinite(reset)) {
        return Math.max(0, reset * 1000 - Date.now());
    }
    return undefined;
}


/***/ }),

/***/ 6649:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   createForgeObjects: () => (/* binding */ createForgeObjects)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(7597);
/* harmony import */ var _github_exchange_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6072);
// The forge's git objects over GitHub's REST API, for what has to be certain: which commit a name means, what lies in
// it, and whether it is in the history of another. GitHub and Gitea have the same routes for commits, trees and blobs.
//
// Where a ref may stand in a route, Gitea looks for a branch or tag of that name before it takes the text for an object
// id, and anybody who may push can name a branch like a commit. So everything here goes by the routes that take ids,
// and an answer is believed only where it says itself which objects it is about.


// GitHub has the tree beside the id, Gitea inside `commit`.
const tree = zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ sha: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP() });
const commitReply = zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({
    sha: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP(),
    tree: tree.optional(),
    commit: zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ tree: tree.optional() }).optional(),
});
const treeReply = zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({
    tree: zod__WEBPACK_IMPORTED_MODULE_1__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ path: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP(), mode: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP(), sha: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP(), size: zod__WEBPACK_IMPORTED_MODULE_1__/* .number */ .aig().nullish() })),
    truncated: zod__WEBPACK_IMPORTED_MODULE_1__/* .boolean */ .zMY().nullish(),
});
const blobReply = zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ encoding: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP(), content: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP() });
const compareReply = zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({
    base_commit: zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ sha: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP() }),
    merge_base_commit: zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ sha: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP() }),
});
const commitsReply = zod__WEBPACK_IMPORTED_MODULE_1__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ sha: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP() }));
const objectId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Of a folder. Gitea gives a page at a time, 1000 entries unless it is set otherwise. */
const mostPages = 20;
function createForgeObjects(options) {
    const base = `/repos/${(0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .pathOf */ .XM)(options.repository)}`;
    const ask = (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .createAsk */ .cY)(options);
    return {
        commitOf: (ref, limits) => ask(limits, (call) => commitOf(call, base, ref)),
        isInHistory: (request, limits) => ask(limits, (call) => isInHistory(call, base, request)),
        entryAt: (request, limits) => ask(limits, (call) => entryAt(call, base, request)),
    };
}
const absent = [404, 405, 409, 422];
async function commitOf(call, base, ref) {
    if (!objectId.test(ref)) {
        // GitHub's route for names; Gitea has none, and takes names where GitHub takes ids only.
        const reply = await (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .orStatus */ .s8)(call(`GET ${base}/commits/${(0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .pathOf */ .XM)(ref)}`), absent);
        if (typeof reply !== 'number')
            return (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .understand */ .ZL)(reply, commitReply, ({ sha }) => sha);
    }
    const reply = await (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .orStatus */ .s8)(call(`GET ${base}/git/commits/${encodeURIComponent(ref)}`), absent);
    if (typeof reply === 'number')
        return { ok: true, value: undefined };
    return (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .understand */ .ZL)(reply, commitReply, ({ sha }) => (objectId.test(ref) && sha !== ref ? undefined : sha));
}
/** GitHub's comparison names the commits it is of. Gitea's doesn't; its list of commits leaves out what `not` reaches. */
async function isInHistory(call, base, { commit, head }) {
    const refused = [...absent, 500, 501];
    const compared = await (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .orStatus */ .s8)(call(`GET ${base}/compare/${head}...${commit}`, { per_page: 1 }), refused);
    const said = typeof compared === 'number' ? undefined : compareReply.safeParse(compared.data).data;
    if (said !== undefined) {
        const { base_commit: from, merge_base_commit: common } = said;
        return { ok: true, value: from.sha === head && common.sha === commit };
    }
    const listed = await (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .orStatus */ .s8)(call(`GET ${base}/commits`, { sha: commit, not: head, limit: 1, per_page: 1, stat: false, files: false }), refused);
    if (typeof listed === 'number')
        return { ok: true, value: false };
    return (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .understand */ .ZL)(listed, commitsReply, (commits) => commits.length === 0);
}
async function entryAt(call, base, { commit, path, maxBytes }) {
    const root = (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .understand */ .ZL)(await call(`GET ${base}/git/commits/${commit}`), commitReply, (reply) => reply.sha === commit ? (reply.tree ?? reply.commit?.tree)?.sha : undefined);
    if (!root.ok)
        return root;
    if (root.value === undefined)
        return odd(`the answer is not about commit ${commit}`);
    let folder = root.value;
    const names = path.split('/');
    for (const [depth, name] of names.entries()) {
        const found = await entryIn(call, base, folder, name);
        if (!found.ok)
            return found;
        const entry = found.value;
        if (entry === undefined)
            return { ok: true, value: undefined };
        const type = typeOf(entry.mode);
        const isLast = depth === names.length - 1;
        if (type === 'symbolic link' || type === 'submodule' || (isLast && type === 'folder')) {
            return { ok: true, value: { type, at: names.slice(0, depth + 1).join('/') } };
        }
        if (isLast)
            return await fileOf(call, base, entry, maxBytes);
        if (type !== 'folder')
            return { ok: true, value: undefined };
        folder = entry.sha;
    }
    return { ok: true, value: undefined };
}
/** By git's own mode. */
function typeOf(mode) {
    if (mode === '120000')
        return 'symbolic link';
    if (mode === '160000')
        return 'submodule';
    return mode.startsWith('100') ? 'file' : 'folder';
}
async function entryIn(call, base, folder, name) {
    for (let page = 1; page <= mostPages; page += 1) {
        const reply = await call(`GET ${base}/git/trees/${folder}`, { page, per_page: 1000 });
        const answer = (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .understand */ .ZL)(reply, treeReply, ({ tree: entries, truncated }) => ({
            entry: entries.find((one) => one.path === name),
            more: truncated === true && entries.length > 0,
        }));
        if (!answer.ok)
            return answer;
        if (answer.value.entry !== undefined || !answer.value.more)
            return { ok: true, value: answer.value.entry };
    }
    return odd('the folder of the plan has more files than the forge lists');
}
async function fileOf(call, base, { sha, size }, maxBytes) {
    if (size !== undefined && size !== null && size > maxBytes) {
        return { ok: true, value: { type: 'file', size, bytes: undefined } };
    }
    const blob = (0,_github_exchange_js__WEBPACK_IMPORTED_MODULE_0__/* .understand */ .ZL)(await call(`GET ${base}/git/blobs/${sha}`), blobReply, ({ encoding, content }) => encoding === 'base64' ? Buffer.from(content, 'base64') : undefined);
    if (!blob.ok)
        return blob;
    const bytes = blob.value;
    if (bytes === undefined)
        return odd('the file comes in an encoding that the API does not document');
    return {
        ok: true,
        value: { type: 'file', size: bytes.length, bytes: bytes.length > maxBytes ? undefined : bytes },
    };
}
/** An answer that came, but not as the API documents it: asking again would not help. */
function odd(message) {
    return { ok: false, fault: { status: 200, message, retryAfterMs: undefined, location: undefined } };
}


/***/ })

};
