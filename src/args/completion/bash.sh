# Completion of quorate for bash. To use it: source <(quorate completion bash)
_quorate() {
    local words=() index=0 i=0 before=
    # Bash takes words apart at "=" and ":"; here they are put together again.
    while ((i <= COMP_CWORD)); do
        if ((i > 0)) && [[ ${COMP_WORDS[i]} == [=:] || ${COMP_WORDS[i-1]} == [=:] ]]; then
            words[index-1]+=${COMP_WORDS[i]}
        else
            words[index]=${COMP_WORDS[i]}
            ((index += 1))
        fi
        ((i += 1))
    done
    local current=${words[index-1]} line
    [[ ${COMP_WORDS[COMP_CWORD]} != "$current" ]] && before=${current%"${COMP_WORDS[COMP_CWORD]}"}
    [[ $current == *[=:] && ${COMP_WORDS[COMP_CWORD]} == [=:] ]] && before=$current
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line#"$before"}")
    done < <("${COMP_WORDS[0]}" __complete "$((index - 1))" "${words[@]}" 2>/dev/null)
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -o bashdefault -o default -F _quorate quorate
