import { defineCommand } from './command.ts';
import { print } from './print.ts';

// Each script asks runx for the words; if there are none, the shell completes file names.
const scripts = {
  bash: `_runx() {
  local IFS=$'\\n'
  COMPREPLY=($(runx --complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o bashdefault -o default -F _runx runx runX
`,
  zsh: `#compdef runx runX
_runx() {
  local -a words_found
  words_found=("\${(@f)$(runx --complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$words_found" ]]; then
    _describe runx words_found
  else
    _files
  fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _runx "$@"
else
  compdef _runx runx runX
fi
`,
  fish: `function __runx_words
  set -l words (commandline -opc) (commandline -ct)
  runx --complete $words[2..-1] 2>/dev/null
end
complete -c runx -a '(__runx_words)'
complete -c runX -w runx
`,
};

export const completionCommand = defineCommand({
  command: 'completion <shell>',
  describe: 'print the completion script for a shell',
  details: ['The script completes commands, options, their values, and the ids of containers.'],
  positionals: {
    shell: {
      choices: ['bash', 'zsh', 'fish'] as const,
      demandOption: true,
      describe: 'name of the shell',
    },
  },
  examples: [['source <(runx completion bash)', 'in ~/.bashrc']],
  handler: async (args) => {
    await print(scripts[args.shell]);
  },
});
