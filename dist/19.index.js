export const id = 19;
export const ids = [19];
export const modules = {

/***/ 1019:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  createForge: () => (/* reexport */ createForge),
  createForgeObjects: () => (/* reexport */ createForgeObjects)
});

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 9 modules
var schemas = __webpack_require__(7597);
// EXTERNAL MODULE: ./node_modules/zod/v4/core/errors.js
var errors = __webpack_require__(7428);
// EXTERNAL MODULE: ./lib/src/values/time-limit.js
var time_limit = __webpack_require__(4530);
;// CONCATENATED MODULE: ./lib/src/adapters/github-exchange.js
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
            return await (0,time_limit/* withTimeLimit */.Bv)(limits.deadlineMs, [limits.signal], async (signal) => {
                const exchanged = exchange((route, parameters) => octokit.request(route, { ...parameters, request: { signal, redirect: 'manual' } }));
                // Not left to fetch alone: the garbage collector may part its request from this signal (nodejs/node#55428).
                const answer = await (0,time_limit/* unlessAborted */.Wh)(exchanged, signal);
                if (answer !== undefined)
                    return answer;
                exchanged.catch(ignore);
                throw signal.reason;
            });
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
    const message = `the answer is not what the API documents: ${errors/* prettifyError */.S1(parsed.error)}`;
    return {
        ok: false,
        fault: { status: reply.status, message, retryAfterMs: undefined, location: undefined },
    };
}
const headersSchema = schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* union */.KCZ([schemas/* string */.YjP(), schemas/* number */.aig()]).optional());
const replyWithHeaders = schemas/* object */.Ikc({ headers: headersSchema });
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
const requestError = schemas/* object */.Ikc({
    status: schemas/* number */.aig(),
    message: schemas/* string */.YjP(),
    response: schemas/* object */.Ikc({ headers: headersSchema.optional() }).optional(),
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

;// CONCATENATED MODULE: ./lib/src/adapters/github-comments.js
// Comments over GitHub's REST API. Gitea answers the same routes for pull requests; it has no comments on commits, and
// its route from a commit to its pull request is in the singular.


const account = schemas/* object */.Ikc({ login: schemas/* string */.YjP(), type: schemas/* string */.YjP().nullish() });
const commentReply = schemas/* object */.Ikc({
    id: schemas/* int */.Whr(),
    body: schemas/* string */.YjP().nullish(),
    user: account.nullish(),
});
const numbered = schemas/* object */.Ikc({ number: schemas/* int */.Whr() });
/** @param base `/repos/OWNER/NAME` */
function createComments(ask, base) {
    const list = (on) => on.type === 'commit'
        ? `${base}/commits/${pathOf(on.commit)}/comments`
        : `${base}/issues/${on.number}/comments`;
    const one = (on, id) => on.type === 'commit' ? `${base}/comments/${id}` : `${base}/issues/comments/${id}`;
    return {
        whoAmI: (limits) => ask(limits, async (call) => {
            // 403: the token of a job is nobody's, and may not ask.
            const reply = await orStatus(call('GET /user'), [401, 403, 404]);
            if (typeof reply === 'number')
                return { ok: true, value: undefined };
            return understand(reply, account, ({ login }) => login);
        }),
        pullRequestOf: (commit, limits) => ask(limits, async (call) => {
            const several = await orAbsent(call(`GET ${base}/commits/${pathOf(commit)}/pulls`));
            if (several !== undefined)
                return understand(several, schemas/* array */.YOg(numbered), (pulls) => pulls.length === 0 ? undefined : Math.max(...pulls.map(({ number }) => number)));
            const single = await orAbsent(call(`GET ${base}/commits/${pathOf(commit)}/pull`));
            if (single === undefined)
                return { ok: true, value: undefined };
            return understand(single, numbered, ({ number }) => number);
        }),
        comments: ({ on, page }, limits) => ask(limits, async (call) => {
            const reply = await call(`GET ${list(on)}`, { page, per_page: 100, limit: 50 });
            const more = /rel="?next"?/.test(headerOf(reply, 'link') ?? '');
            return understand(reply, schemas/* array */.YOg(commentReply), (found) => ({ found: found.map(commentOf), more }));
        }),
        createComment: ({ on, body }, limits) => ask(limits, async (call) => understand(await call(`POST ${list(on)}`, { body }), commentReply, commentOf)),
        updateComment: ({ on, id, body }, limits) => ask(limits, async (call) => understand(await call(`PATCH ${one(on, id)}`, { body }), commentReply, commentOf)),
    };
}
function commentOf({ id, body, user }) {
    return { id, body: body ?? '', author: user?.login ?? '', bot: user?.type === 'Bot' };
}

;// CONCATENATED MODULE: ./lib/src/adapters/github-pulls.js
// Pull requests over GitHub's REST API. Gitea answers the same routes, with other names for the filters of the list and
// none for the branch a request comes from: what is on a page is filtered here, and forks are told apart here.


const side = schemas/* object */.Ikc({
    ref: schemas/* string */.YjP(),
    label: schemas/* string */.YjP().nullish(),
    sha: schemas/* string */.YjP().nullish(),
    // `null` when a fork is gone.
    repo: schemas/* object */.Ikc({ full_name: schemas/* string */.YjP() }).nullish(),
});
const pullReply = schemas/* object */.Ikc({
    number: schemas/* int */.Whr(),
    state: schemas/* enum */.k5n(['open', 'closed']),
    // Only GitHub's list lacks `merged`, and only that of one who may not see it lacks `merged_at`.
    merged: schemas/* boolean */.zMY().nullish(),
    merged_at: schemas/* string */.YjP().nullish(),
    html_url: schemas/* string */.YjP(),
    title: schemas/* string */.YjP(),
    body: schemas/* string */.YjP().nullish(),
    head: side,
    base: side,
});
/** @param base `/repos/OWNER/NAME` */
function createPulls(ask, base, owner) {
    return {
        pullRequests: ({ head, state, page }, limits) => ask(limits, async (call) => {
            const reply = await call(`GET ${base}/pulls`, {
                state,
                sort: 'created',
                direction: 'desc',
                page,
                // GitHub's words, then Gitea's.
                head: `${owner}:${head}`,
                per_page: 100,
                limit: 50,
            });
            const more = /rel="?next"?/.test(headerOf(reply, 'link') ?? '');
            return understand(reply, schemas/* array */.YOg(pullReply), (pulls) => ({
                found: pulls.filter((pull) => isFrom(pull, head)).map(pullOf),
                more,
            }));
        }),
        openPullRequest: ({ head, base: into, title, body }, limits) => ask(limits, async (call) => {
            const reply = await call(`POST ${base}/pulls`, { head, base: into, title, body });
            return understand(reply, pullReply, pullOf);
        }),
        updatePullRequest: ({ number, title, body }, limits) => ask(limits, async (call) => {
            const reply = await call(`PATCH ${base}/pulls/${number}`, { title, body });
            return understand(reply, pullReply, pullOf);
        }),
    };
}
/** GitHub labels `owner:branch`; Gitea labels `branch`, and calls the ref `refs/pull/7/head` once the branch is gone. */
function isFrom(pull, head) {
    const { repo } = pull.head;
    if (repo === null || repo === undefined || repo.full_name !== pull.base.repo?.full_name)
        return false;
    return pull.head.ref === head || pull.head.label === head;
}
function pullOf(pull) {
    const merged = pull.merged === true || (pull.merged_at ?? null) !== null;
    return {
        number: pull.number,
        state: merged ? 'merged' : pull.state,
        url: pull.html_url,
        title: pull.title,
        body: pull.body ?? '',
        base: pull.base.ref,
        headCommit: pull.head.sha ?? '',
    };
}

;// CONCATENATED MODULE: ./lib/src/adapters/github.js
// The forge over GitHub's REST API. Gitea answers the same routes under `/api/v1`, so `apiUrl` may point there; the
// routes it lacks (making and moving a ref) have their own names for it.




const repositoryReply = schemas/* object */.Ikc({ default_branch: schemas/* string */.YjP().min(1) });
// GitHub names the commit `sha`, Gitea `id`.
const branchReply = schemas/* object */.Ikc({ commit: schemas/* object */.Ikc({ sha: schemas/* string */.YjP().optional(), id: schemas/* string */.YjP().optional() }) });
const fileReply = schemas/* object */.Ikc({
    type: schemas/* string */.YjP(),
    sha: schemas/* string */.YjP(),
    encoding: schemas/* string */.YjP().nullish(),
    content: schemas/* string */.YjP().nullish(),
    html_url: schemas/* string */.YjP().nullish(),
});
const commitReply = schemas/* object */.Ikc({ sha: schemas/* string */.YjP(), tree: schemas/* object */.Ikc({ sha: schemas/* string */.YjP() }) });
const changedFile = schemas/* object */.Ikc({ filename: schemas/* string */.YjP(), previous_filename: schemas/* string */.YjP().nullish() });
// GitHub has the files of the whole comparison; Gitea those of each commit.
const compareReply = schemas/* object */.Ikc({
    total_commits: schemas/* int */.Whr(),
    commits: schemas/* array */.YOg(schemas/* object */.Ikc({ files: schemas/* array */.YOg(changedFile).nullish(), parents: schemas/* array */.YOg(schemas/* unknown */.L5J()).nullish() }))
        .nullish(),
    files: schemas/* array */.YOg(changedFile).nullish(),
});
const writeReply = schemas/* object */.Ikc({
    content: schemas/* object */.Ikc({ html_url: schemas/* string */.YjP().nullish() }).nullish(),
    commit: schemas/* object */.Ikc({ sha: schemas/* string */.YjP().nullish() }).nullish(),
});
function createForge(options) {
    const [owner = ''] = options.repository.split('/');
    const base = `/repos/${pathOf(options.repository)}`;
    const server = options.serverUrl ?? serverOf(options.apiUrl);
    const ask = createAsk(options);
    return {
        repository: options.repository,
        ...createPulls(ask, base, owner),
        ...createComments(ask, base),
        compareUrl: ({ base: from, head }) => `${server.replace(/\/+$/, '')}/${pathOf(options.repository)}/compare/${pathOf(from)}...${pathOf(head)}`,
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
            return understand(reply, schemas/* unknown */.L5J(), () => undefined);
        }),
        changedFiles: ({ base: from, head }, limits) => ask(limits, async (call) => {
            const reply = await orAbsent(call(`GET ${base}/compare/${pathOf(from)}...${pathOf(head)}`));
            if (reply === undefined)
                return { ok: true, value: undefined };
            return understand(reply, compareReply, changedIn);
        }),
        restartBranch: (wish, limits) => ask(limits, async (call) => understand(await restart(call, base, wish), schemas/* unknown */.L5J(), () => undefined)),
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
/** GitHub lists 300 files at most and says nothing of the rest. */
const mostFiles = 300;
function changedIn({ total_commits: total, commits, files, }) {
    const listed = commits ?? [];
    const whole = files ?? undefined;
    // What a merge changed by itself is in no commit's list.
    const merges = listed.some(({ parents }) => (parents ?? []).length > 1);
    if (whole === undefined && (merges || listed.length < total))
        return undefined;
    const each = whole === undefined ? listed.map((commit) => commit.files) : [whole];
    const changed = [];
    for (const some of each) {
        if (some === null || some === undefined || some.length >= mostFiles)
            return undefined;
        for (const file of some)
            changed.push(file.filename, file.previous_filename ?? file.filename);
    }
    return [...new Set(changed)];
}
/**
 * Without force where that will do. Where it won't: Gitea has force with a lease. GitHub's has none, so there a commit
 * that joins what was merged with the base, and holds the base's files, moves the branch; it doesn't if anybody pushed
 * in the meantime.
 */
async function restart(call, base, { branch, from, to, message }) {
    const move = (sha) => call(`PATCH ${base}/git/refs/heads/${pathOf(branch)}`, { sha, force: false });
    const forward = await orStatus(move(to), [404, 405, 422]);
    if (typeof forward !== 'number')
        return forward;
    if (forward !== 422) {
        const lease = { new_commit_id: to, old_commit_id: from, force: true };
        return await call(`PUT ${base}/branches/${pathOf(branch)}`, lease);
    }
    const goal = commitReply.parse((await call(`GET ${base}/git/commits/${to}`)).data);
    const join = { message, tree: goal.tree.sha, parents: [from, to] };
    const joined = commitReply.parse((await call(`POST ${base}/git/commits`, join)).data);
    return await move(joined.sha);
}
/** Where people go, from where machines go. */
function serverOf(apiUrl) {
    if (!URL.canParse(apiUrl))
        return apiUrl;
    const { origin } = new URL(apiUrl);
    return origin === 'https://api.github.com' ? 'https://github.com' : origin;
}

;// CONCATENATED MODULE: ./lib/src/adapters/github-objects.js
// The forge's git objects over GitHub's REST API, for what has to be certain: which commit a name means, what lies in
// it, and whether it is in the history of another. GitHub and Gitea have the same routes for commits, trees and blobs.
//
// Where a ref may stand in a route, Gitea looks for a branch or tag of that name before it takes the text for an object
// id, and anybody who may push can name a branch like a commit. So everything here goes by the routes that take ids,
// and an answer is believed only where it says itself which objects it is about.


// GitHub has the tree beside the id, Gitea inside `commit`.
const tree = schemas/* object */.Ikc({ sha: schemas/* string */.YjP() });
const github_objects_commitReply = schemas/* object */.Ikc({
    sha: schemas/* string */.YjP(),
    tree: tree.optional(),
    commit: schemas/* object */.Ikc({ tree: tree.optional() }).optional(),
});
const treeReply = schemas/* object */.Ikc({
    tree: schemas/* array */.YOg(schemas/* object */.Ikc({ path: schemas/* string */.YjP(), mode: schemas/* string */.YjP(), sha: schemas/* string */.YjP(), size: schemas/* number */.aig().nullish() })),
    truncated: schemas/* boolean */.zMY().nullish(),
});
const blobReply = schemas/* object */.Ikc({ encoding: schemas/* string */.YjP(), content: schemas/* string */.YjP() });
const github_objects_compareReply = schemas/* object */.Ikc({
    base_commit: schemas/* object */.Ikc({ sha: schemas/* string */.YjP() }),
    merge_base_commit: schemas/* object */.Ikc({ sha: schemas/* string */.YjP() }),
});
const commitsReply = schemas/* array */.YOg(schemas/* object */.Ikc({ sha: schemas/* string */.YjP() }));
const objectId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Of a folder. Gitea gives a page at a time, 1000 entries unless it is set otherwise. */
const mostPages = 20;
function createForgeObjects(options) {
    const base = `/repos/${pathOf(options.repository)}`;
    const ask = createAsk(options);
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
        const reply = await orStatus(call(`GET ${base}/commits/${pathOf(ref)}`), absent);
        if (typeof reply !== 'number')
            return understand(reply, github_objects_commitReply, ({ sha }) => sha);
    }
    const reply = await orStatus(call(`GET ${base}/git/commits/${encodeURIComponent(ref)}`), absent);
    if (typeof reply === 'number')
        return { ok: true, value: undefined };
    return understand(reply, github_objects_commitReply, ({ sha }) => (objectId.test(ref) && sha !== ref ? undefined : sha));
}
/** GitHub's comparison names the commits it is of. Gitea's doesn't; its list of commits leaves out what `not` reaches. */
async function isInHistory(call, base, { commit, head }) {
    const refused = [...absent, 500, 501];
    const compared = await orStatus(call(`GET ${base}/compare/${head}...${commit}`, { per_page: 1 }), refused);
    const said = typeof compared === 'number' ? undefined : github_objects_compareReply.safeParse(compared.data).data;
    if (said !== undefined) {
        const { base_commit: from, merge_base_commit: common } = said;
        return { ok: true, value: from.sha === head && common.sha === commit };
    }
    const listed = await orStatus(call(`GET ${base}/commits`, { sha: commit, not: head, limit: 1, per_page: 1, stat: false, files: false }), refused);
    if (typeof listed === 'number')
        return { ok: true, value: false };
    return understand(listed, commitsReply, (commits) => commits.length === 0);
}
async function entryAt(call, base, { commit, path, maxBytes }) {
    const root = understand(await call(`GET ${base}/git/commits/${commit}`), github_objects_commitReply, (reply) => reply.sha === commit ? (reply.tree ?? reply.commit?.tree)?.sha : undefined);
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
        const answer = understand(reply, treeReply, ({ tree: entries, truncated }) => ({
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
    const blob = understand(await call(`GET ${base}/git/blobs/${sha}`), blobReply, ({ encoding, content }) => encoding === 'base64' ? Buffer.from(content, 'base64') : undefined);
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

;// CONCATENATED MODULE: ./lib/src/adapters/forge.js
// The forge's two adapters behind one door: both are loaded on first use, and together, so that what they share is
// bundled once.




/***/ })

};
