/// The batch scripts of a sweep in shards, to be read and changed by people.
struct ShardScripts {
  let folder: ShardFolder
  let array: ShardFolder.Array
  /// The program that the jobs run, with its full path.
  let program: String
  /// Where jobs run, so that relative paths of a spec mean what they meant at submission.
  let directory: String
  let jobs: JobOptions
  /// Options of `grokcl run` beyond spec, shard and store.
  let options: [String]

  /// A job array, a shard per task.
  ///
  /// The number of shards stands in the script: Slurm's count of tasks is 1 when one is retried.
  /// A task is requeued under the name ARRAY_TASK: the plain job id of the last task is the array's.
  var shards: String {
    let directives =
      [
        BatchDirective("job-name", "grokcl:" + folder.path),
        BatchDirective("array", array.tasks()),
        BatchDirective("output", folder.log + "/%A_%a.log"),
        BatchDirective("open-mode", "append"),
        BatchDirective("requeue"),
        BatchDirective("signal", "B:USR1@60"),
        BatchDirective("chdir", directory),
      ] + jobs.shard + jobs.common
    let run = (["run", "\"$folder/spec.yaml\""] + options.map(ShellText.word)).joined(
      separator: " ")
    return """
      #!/usr/bin/env bash
      # One shard of a sweep per task. Made by grokcl submit; a retry submits it as it stands here.
      \(Self.lines(directives))
      set -uo pipefail

      grokcl=\(ShellText.word(program))
      folder=\(ShellText.word(folder.path))
      shards=\(array.shards)
      shard=$SLURM_ARRAY_TASK_ID

      # USR1 comes to this shell, a minute before the time limit or from scancel --batch --signal=USR1: grokcl saves checkpoints
      # and ends with 130, and the task is queued again to go on from there. TERM comes to all processes of a task that is
      # cancelled or preempted: grokcl has it already, and would end at once if it were told twice.
      requeue=no signalled=no forwarded=no child=
      forward() {
        requeue=yes signalled=yes
        if [ -n "$child" ] && [ "$forwarded" = no ]; then
          forwarded=yes
          kill -s USR1 "$child" 2>/dev/null
        fi
      }
      trap forward USR1
      trap 'signalled=yes' TERM

      echo "shard $shard/$shards on $(hostname), attempt $((${SLURM_RESTART_COUNT:-0} + 1)), $(date '+%F %T')"
      "$grokcl" \(run) \\
        --shard "$shard/$shards" --store "$folder/shard-$shard.sqlite" &
      child=$!
      if [ "$requeue" = yes ]; then forward; fi
      # A signal ends `wait` before the child has ended.
      while
        signalled=no
        wait "$child"
        status=$?
        [ "$signalled" = yes ]
      do :; done

      # 130 and 75: interrupted and saved. 138: USR1 came before grokcl listened.
      if [ "$requeue" = yes ]; then
        case $status in
          130 | 75 | 138)
            echo "shard $shard/$shards: interrupted, queued again"
            exec scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
            ;;
        esac
      fi
      echo "shard $shard/$shards: exit $status, $(date '+%F %T')"
      exit "$status"

      """
  }

  /// Joins what the shards have; one merge of a folder at a time.
  var merge: String {
    let directives =
      [
        BatchDirective("job-name", "grokcl-merge:" + folder.path),
        BatchDirective("output", folder.log + "/merge_%j.log"),
        BatchDirective("open-mode", "append"),
        BatchDirective("chdir", directory),
      ] + jobs.common
    return """
      #!/usr/bin/env bash
      # Joins the stores of the shards. Made by grokcl submit.
      \(Self.lines(directives))
      set -euo pipefail

      grokcl=\(ShellText.word(program))
      folder=\(ShellText.word(folder.path))

      shopt -s nullglob
      stores=("$folder"/shard-*.sqlite)
      if [ "${#stores[@]}" = 0 ]; then
        echo "no store of a shard in $folder" >&2
        exit 1
      fi
      "$grokcl" merge "${stores[@]}" --into "$folder/merged.sqlite"

      """
  }

  private static func lines(_ directives: [BatchDirective]) -> String {
    directives.map(\.line).joined(separator: "\n")
  }
}
