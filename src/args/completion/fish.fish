# Completion of quorate for fish. To use it: quorate completion fish | source
function __quorate_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    # fish quotes what it inserts itself.
    quorate __complete (math (count $words) - 1) $words 2>/dev/null | string replace --regex "^(-[^=]*=)?'(.*)'\$" '$1$2'
end
complete --command quorate --arguments "(__quorate_complete)"
