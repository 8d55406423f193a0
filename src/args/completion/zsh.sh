#compdef quorate
# Completion of quorate for zsh. To use it: source <(quorate completion zsh)
_quorate() {
    local -a found
    found=("${(@f)$("${words[1]}" __complete "$((CURRENT - 1))" "${(@)words[1,CURRENT]}" 2>/dev/null)}")
    if [[ -n ${found[1]} ]]; then
        compadd -- "${(@Q)found}"
    elif [[ ${words[CURRENT-1]} == -C || ${words[CURRENT]} == (-|--)chdir=* ]]; then
        compset -P '-*='
        _files -/
    else
        # Of "-out=FILE" only the file is completed.
        compset -P '-*='
        _files
    fi
}
compdef _quorate quorate
