export const id = 137;
export const ids = [137];
export const modules = {

/***/ 137:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   annotate: () => (/* binding */ annotate),
/* harmony export */   createWorkflowLog: () => (/* binding */ createWorkflowLog),
/* harmony export */   mask: () => (/* binding */ mask),
/* harmony export */   readInputs: () => (/* binding */ readInputs),
/* harmony export */   writeOutputs: () => (/* binding */ writeOutputs),
/* harmony export */   writeSummary: () => (/* binding */ writeSummary)
/* harmony export */ });
/* harmony import */ var _actions_core__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6421);
/* harmony import */ var _action_io_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4367);
/* harmony import */ var _values_terminal_text_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(2049);
// Talks to the workflow runner: log lines, groups, annotations, masks, outputs and the job summary, through
// `@actions/core`, which knows the commands and the files behind them.



/** The runner shows at most ten annotations of a type per step, each cut at 4,096 characters. */
const maxAnnotations = 10;
const maxAnnotation = 4_096;
/** Lines may carry a child's words: whatever they look like, they are printed, never obeyed. */
function createWorkflowLog(redact) {
    const plain = (text) => text
        .split('\n')
        .map((line) => (0,_values_terminal_text_js__WEBPACK_IMPORTED_MODULE_2__/* .neutraliseLine */ .f)(redact(line)))
        .join('\n');
    return {
        debug: (line) => _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .debug */ .Yz(plain(line)),
        info: (line) => _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .info */ .pq(plain(line)),
        warning: (line) => _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .info */ .pq(`warning: ${plain(line)}`),
        error: (line) => _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .info */ .pq(`error: ${plain(line)}`),
        group: (title) => _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .startGroup */ .Oh(plain(title)),
        endGroup: () => _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .endGroup */ .N4(),
    };
}
/** `action.yml` fills defaults in; a caller that starts the bundle directly gets the same ones. */
function readInputs() {
    return (0,_action_io_js__WEBPACK_IMPORTED_MODULE_1__/* .collectInputs */ .Cm)((name) => _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .getInput */ .V4(name) || (0,_action_io_js__WEBPACK_IMPORTED_MODULE_1__/* .defaultInput */ .KB)(name));
}
function mask(secret) {
    // The runner masks line by line and would blank every `}`: lines too short to be secret are left alone.
    for (const line of secret.split(/\r?\n/)) {
        if (line.trim().length >= 4)
            _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .setSecret */ .Pq(line);
    }
}
function annotate(annotations) {
    const say = { error: _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .error */ .z3, warning: _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .warning */ .$e };
    for (const level of ['error', 'warning']) {
        const all = annotations.filter((annotation) => annotation.level === level);
        const shown = all.length > maxAnnotations ? all.slice(0, maxAnnotations - 1) : all;
        for (const { message, title, where } of shown) {
            say[level](message.slice(0, maxAnnotation), {
                title,
                ...(where === undefined
                    ? {}
                    : { file: where.file, startLine: where.line, startColumn: where.column }),
            });
        }
        if (shown.length < all.length)
            say[level](`and ${all.length - shown.length} more; the log has them all`);
    }
}
function writeOutputs(values) {
    for (const [name, value] of Object.entries(values))
        _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .setOutput */ .uH(name, value);
}
async function writeSummary(markdown) {
    await _actions_core__WEBPACK_IMPORTED_MODULE_0__/* .summary */ .z.addRaw(markdown, true).write();
}


/***/ })

};
