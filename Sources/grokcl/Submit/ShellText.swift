/// Text as one word of a shell script.
enum ShellText {
  static func word(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.wholeMatch(of: /[a-zA-Z0-9_.,:=@%+\/-]*/) != nil
    return isPlain ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
  }
}
