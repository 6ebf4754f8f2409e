// This file tests command lines that make no sense: exit code 64.

import Testing

@Suite struct UsageErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let command: String
    let fragments: [String]

    init(_ command: String, _ fragments: String...) {
      self.command = command
      self.fragments = fragments
    }

    var testDescription: String { command }
  }

  @Test(arguments: [
    Case("frobnicate", "frobnicate"),
    Case("run", "<spec>"),
    Case("run spec.yaml extra", "extra"),
    Case("run spec.yaml --jsn", "--jsn", "--json"),
    Case("run spec.yaml --device gpu", "device", "gpu", "auto, cpu, opencl, opencl:INDEX, all"),
    Case("run spec.yaml --device opencl:", "opencl:", "auto, cpu"),
    Case("run spec.yaml --device opencl:-1", "opencl:-1", "auto, cpu"),
    Case("run spec.yaml --device opencl:0x1", "opencl:0x1", "auto, cpu"),
    Case("run spec.yaml --mapping diagonal", "--mapping", "diagonal", "auto, lanes, components"),
    Case("run spec.yaml --verify 2", "--verify", "2", "from 0 to 1"),
    Case("run spec.yaml --verify=-0.1", "--verify", "-0.1", "from 0 to 1"),
    Case("run spec.yaml --verify nan", "--verify", "nan", "from 0 to 1"),
    Case("run spec.yaml --verify much", "--verify", "much"),
    Case("run spec.yaml --steps", "--steps"),
    Case("runs", "<store>"),
    Case("export spec.yaml", "--format"),
    Case("export spec.yaml --format xml", "--format", "xml", "csv, jsonl, safetensors"),
    Case("instance spec.yaml", "--output"),
    Case("figure --output out", "<figures>"),
    Case("figure notsawo/fig03", "--output"),
    Case("figure notsawo/fig03 --scale big --output out", "--scale", "big", "small or paper"),
    Case("figure notsawo/fig03 --device gpu --output out", "device", "gpu"),
    Case("figure notsawo/fig03 --mapping x --output out", "--mapping", "x"),
    Case("completions csh", "csh", "bash"),
  ]) func isRefused(usage: Case) async throws {
    try await expectRefusal(
      try Workplace(), usage.command.split(separator: " ").map(String.init), status: 64,
      usage.fragments)
  }
}
