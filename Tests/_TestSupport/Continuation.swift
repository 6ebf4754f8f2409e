// This file checks that runs go on from saved states as if nothing had happened.

import BatchNumerics
import Testing

/// A batch of runs that can be made anew with any of its runs, in any order.
public struct Continuation {
  /// Makes a session of some runs of the batch; in a recorded mapping, or as the test has it.
  public typealias Maker = (_ runs: [Int], _ recorded: MappingChoice?) throws -> any TrainingSession

  private let count: Int
  private let end: Int
  private let evaluations: [Int]
  private let make: Maker

  /// - Parameters:
  ///   - count: runs of the whole batch.
  ///   - end: steps of the runs.
  public init(runs count: Int, end: Int, evaluations: [Int], make: @escaping Maker) {
    self.count = count
    self.end = end
    self.evaluations = evaluations
    self.make = make
  }

  /// What a launch and the parameters after it say of each of `runs` runs, as bits.
  private func train(
    _ session: any TrainingSession, from start: Int, to end: Int, runs: Int, evaluations: [Int]
  ) throws -> (curves: [[Int: [UInt64]]], parameters: [[NamedTensor]]) {
    let due = evaluations.filter { $0 >= start && $0 <= end }
    let members = Array(0..<runs)
    let block = try session.advance(
      Launch(start: start, end: end, evaluations: due, runs: members))
    var curves = [[Int: [UInt64]]](repeating: [:], count: runs)
    for (index, step) in due.enumerated() {
      for run in members {
        curves[run][step] = bits((0..<block.metricCount).map { block[index, $0, run] })
      }
    }
    return (curves, try session.parameters(of: members))
  }

  /// Runs saved after each of `cuts` steps go on in the batches of `selections` to the same bits.
  ///
  /// - Parameter spoil: what happens to the states on the way.
  /// - Returns: whether all did.
  public func goesOn(
    cuts: [Int], selections: [[Int]], spoil: ([NamedTensor]) -> [NamedTensor] = { $0 }
  ) throws -> Bool {
    let whole = try make(Array(0..<count), nil)
    let expected = try train(whole, from: 0, to: end, runs: count, evaluations: evaluations)
    let ends = try whole.states(of: Array(0..<count))
    for cut in cuts {
      let first = try make(Array(0..<count), nil)
      if cut > 0 {
        _ = try train(first, from: 0, to: cut, runs: count, evaluations: evaluations)
      }
      for selection in selections {
        let states = try first.states(of: selection)
        let second = try make(selection, .recorded(first.mapping))
        let members = Array(selection.indices)
        try second.restore(states.map(spoil), of: members, step: cut)
        let found = try train(
          second, from: cut, to: end, runs: selection.count, evaluations: evaluations)
        guard second.mapping == whole.mapping else { return false }
        for (place, run) in selection.enumerated() {
          let late = expected.curves[run].filter { $0.key >= cut }
          guard found.curves[place] == late,
            Self.tensorBits(found.parameters[place]) == Self.tensorBits(expected.parameters[run])
          else { return false }
        }
        let last = try second.states(of: members)
        guard last.map(Self.tensorBits) == selection.map({ Self.tensorBits(ends[$0]) }) else {
          return false
        }
      }
    }
    return true
  }

  /// The names of the tensors of a run's state.
  public func names() throws -> [String] {
    try make(Array(0..<count), nil).states(of: [0])[0].map(\.name)
  }

  /// States that are not as they were saved are refused, and change nothing.
  public func refusesDamage(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let session = try make(Array(0..<count), nil)
    let states = try session.states(of: [0, 1])
    func refuses(_ states: [[NamedTensor]], _ runs: [Int] = [0, 1], _ step: Int = 1) -> String? {
      let error = #expect(throws: StateError.self, sourceLocation: sourceLocation) {
        try session.restore(states, of: runs, step: step)
      }
      return error?.tensor
    }
    _ = refuses([states[0]])
    _ = refuses(states, [0, 0])
    _ = refuses(states, [0, count])
    _ = refuses(states, [-1, 0])
    _ = refuses(states, [0, 1], -1)
    let other = NamedTensor(name: "other", shape: [1], values: [0])
    #expect(refuses([states[0], states[1] + [other]]) == "other")
    for (index, tensor) in states[1].enumerated() {
      func changed(_ tensors: [NamedTensor]) -> [[NamedTensor]] {
        var list = states[1]
        list.replaceSubrange(index...index, with: tensors)
        return [states[0], list]
      }
      let (name, shape, values) = (tensor.name, tensor.shape, tensor.values)
      let damaged = [
        [], [tensor, tensor], [NamedTensor(name: name, shape: shape + [1], values: values)],
        [NamedTensor(name: name, shape: shape, values: values + [0])],
        [NamedTensor(name: name, shape: shape.map { $0 + 1 }, values: values)],
        [NamedTensor(name: name, shape: shape, values: Array(values.dropLast()))],
      ]
      for tensors in damaged {
        #expect(refuses(changed(tensors)) == name, sourceLocation: sourceLocation)
      }
    }
    let after = try session.states(of: [0, 1])
    #expect(
      after.map(Self.tensorBits) == states.map(Self.tensorBits), sourceLocation: sourceLocation)
  }

  private static func tensorBits(_ tensors: [NamedTensor]) -> [String: [UInt64]] {
    Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values.map(\.bitPattern)) })
  }
}

extension Continuation {
  /// Expects all of it of a batch of seven runs: awkward cuts, other neighbours and orders.
  public func check(cuts: [Int], sourceLocation: SourceLocation = #_sourceLocation) throws {
    let last = count - 1
    let selections = [[last, 1, 3], [2], Array((0..<count).reversed())]
    #expect(try goesOn(cuts: cuts, selections: selections), sourceLocation: sourceLocation)
    try refusesDamage(sourceLocation: sourceLocation)
  }

  /// Expects that runs go astray, or are refused, where a tensor is left as it was at the start.
  public func needs(
    _ name: String, after cut: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let fresh = try make(Array(0..<count), nil).states(of: [0])[0].first { $0.name == name }
    let start = try #require(fresh, sourceLocation: sourceLocation)
    do {
      let agrees = try goesOn(cuts: [cut], selections: [[0, 1]]) { state in
        state.map { $0.name == name ? start : $0 }
      }
      #expect(!agrees, "without \(name)", sourceLocation: sourceLocation)
    } catch let error as StateError {
      // Another tensor does not go with the start's.
      #expect(error.tensor != nil, sourceLocation: sourceLocation)
    }
  }
}
