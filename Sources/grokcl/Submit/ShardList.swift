import ArgumentParser

/// Shards as `--retry` names them: `3`, `3,5` or `0-2,5`.
struct ShardList: ExpressibleByArgument {
  let indices: [Int]

  init?(argument: String) {
    var found: Set<Int> = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let ends = part.wholeMatch(of: /([0-9]{1,7})(-([0-9]{1,7}))?/),
        let first = Int(ends.1), let last = Int(ends.3 ?? ends.1), first <= last
      else { return nil }
      found.formUnion(first...last)
    }
    indices = found.sorted()
  }
}
