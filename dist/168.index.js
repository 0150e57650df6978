export const id = 168;
export const ids = [168];
export const modules = {

/***/ 787:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   createForge: () => (/* binding */ createForge)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7597);
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(7428);
// The forge over GitHub's REST API, with Octokit. Gitea answers the same routes under `/api/v1`, so `apiUrl` may point
// there; the one route it lacks (creating a ref) has its own name for it. Octokit is loaded on first use: it costs start-up.

const repositoryReply = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ default_branch: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().min(1) });
// GitHub names the commit `sha`, Gitea `id`.
const branchReply = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ commit: zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ sha: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().optional(), id: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().optional() }) });
const fileReply = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    type: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    sha: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    encoding: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullish(),
    content: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullish(),
    html_url: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullish(),
});
const writeReply = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    content: zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ html_url: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullish() }).nullish(),
    commit: zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ sha: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullish() }).nullish(),
});
function createForge(options) {
    const base = `/repos/${options.repository.split('/').map(encodeURIComponent).join('/')}`;
    let client;
    const connect = () => {
        client ??= Promise.all(/* import() */[__webpack_require__.e(119), __webpack_require__.e(413)]).then(__webpack_require__.bind(__webpack_require__, 2413)).then(({ getOctokit: create }) => create(options.token, {
            baseUrl: options.apiUrl.replace(/\/+$/, ''),
            userAgent: 'rollback-plan',
            log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
        }));
        return client;
    };
    const ask = async (limits, exchange) => {
        try {
            const octokit = await connect();
            const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(limits.deadlineMs)]);
            return await exchange((route, parameters) => octokit.request(route, { ...parameters, request: { signal, redirect: 'manual' } }));
        }
        catch (thrown) {
            return { ok: false, fault: faultOf(thrown) };
        }
    };
    return {
        repository: options.repository,
        defaultBranch: (limits) => ask(limits, async (call) => {
            const reply = await call(`GET ${base}`);
            return understand(reply, repositoryReply, ({ default_branch }) => default_branch);
        }),
        branchHead: (branch, limits) => ask(limits, async (call) => {
            const reply = await orAbsent(call(`GET ${base}/branches/${pathOf(branch)}`));
            if (reply === undefined)
                return { ok: true, value: undefined };
            return understand(reply, branchReply, ({ commit }) => commit.sha ?? commit.id);
        }),
        createBranch: ({ branch, commit }, limits) => ask(limits, async (call) => {
            const created = await orAbsent(call(`POST ${base}/git/refs`, { ref: `refs/heads/${branch}`, sha: commit }));
            const reply = created ?? (await call(`POST ${base}/branches`, { new_branch_name: branch, old_ref_name: commit }));
            return understand(reply, zod__WEBPACK_IMPORTED_MODULE_0__/* .unknown */ .L5J(), () => undefined);
        }),
        readFile: ({ path, branch }, limits) => ask(limits, async (call) => {
            const reply = await orAbsent(call(`GET ${base}/contents/${pathOf(path)}`, { ref: branch }));
            if (reply === undefined)
                return { ok: true, value: undefined };
            return understand(reply, fileReply, (file) => ({
                id: file.sha,
                text: file.type === 'file' && file.encoding === 'base64'
                    ? Buffer.from(file.content ?? '', 'base64').toString('utf8')
                    : undefined,
                url: file.html_url ?? undefined,
            }));
        }),
        writeFile: ({ path, branch, text, message, replaces }, limits) => ask(limits, async (call) => {
            const reply = await call(`PUT ${base}/contents/${pathOf(path)}`, {
                branch,
                message,
                content: Buffer.from(text, 'utf8').toString('base64'),
                ...(replaces === undefined ? {} : { sha: replaces }),
            });
            return understand(reply, writeReply, ({ content, commit }) => ({
                commit: commit?.sha ?? undefined,
                url: content?.html_url ?? undefined,
            }));
        }),
    };
}
function ignore() { }
/** Slashes stay slashes: they are part of the route, and some proxies don't take `%2F`. */
function pathOf(path) {
    return path.split('/').map(encodeURIComponent).join('/');
}
/** "Not found" and "no such method" as an answer. */
async function orAbsent(call) {
    try {
        return await call;
    }
    catch (thrown) {
        const { status } = faultOf(thrown);
        if (status === 404 || status === 405)
            return undefined;
        throw thrown;
    }
}
function understand(reply, schema, value) {
    if (reply.status >= 300)
        return { ok: false, fault: redirected(reply) };
    const parsed = schema.safeParse(reply.data);
    if (parsed.success)
        return { ok: true, value: value(parsed.data) };
    const message = `the answer is not what the API documents: ${zod__WEBPACK_IMPORTED_MODULE_1__/* .prettifyError */ .S1(parsed.error)}`;
    return {
        ok: false,
        fault: { status: reply.status, message, retryAfterMs: undefined, location: undefined },
    };
}
const headersSchema = zod__WEBPACK_IMPORTED_MODULE_0__/* .record */ .g1P(zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), zod__WEBPACK_IMPORTED_MODULE_0__/* .union */ .KCZ([zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig()]).optional());
const replyWithHeaders = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ headers: headersSchema });
function redirected(reply) {
    const headers = replyWithHeaders.safeParse(reply).data?.headers ?? {};
    const location = headers['location'] === undefined ? undefined : String(headers['location']);
    return { status: reply.status, message: 'the forge redirects', retryAfterMs: undefined, location };
}
// Octokit marks exchanges that got no answer with status 500, too; those have no `response`.
const requestError = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    status: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig(),
    message: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    response: zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ headers: headersSchema.optional() }).optional(),
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


/***/ })

};
