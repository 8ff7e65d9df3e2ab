//! Every limit of the language and of a run. What is over a limit is a problem named by the checker,
//! or, in a run, the end of the call.

use std::time::Duration;

/// Source files of one service.
pub const FILES_MAX: usize = 256;
/// Octets of one source file: 2,000 nodes of some 250 octets each, as the demo hotline's have.
pub const FILE_BYTES_MAX: usize = 512 * 1024;
/// Levels of nested YAML collections; the language itself needs seven.
pub const YAML_DEPTH_MAX: usize = 32;
/// Nodes (scalars, lists, maps) of one YAML file: 2,000 nodes of a flow with some 30 each, as the demo hotline's have.
/// Aliases are refused, so that no short file unfolds to a long one.
pub const YAML_NODES_MAX: usize = 80_000;
/// Problems reported in one run of the checker; the rest is left for the next.
pub const PROBLEMS_MAX: usize = 200;

/// Characters of a node, text, queue or variable name.
pub const NAME_CHARS_MAX: usize = 64;
/// Octets of an expression.
pub const EXPRESSION_BYTES_MAX: usize = 500;
/// Octets of a text, before and after it is rendered.
pub const TEXT_BYTES_MAX: usize = 2_000;
/// minijinja instructions one expression or text may take.
pub const FUEL: u64 = 5_000;
/// Texts and values that one `say` says.
pub const PARTS_MAX: usize = 16;
/// Different conditions in one menu: its slide exists once for each combination.
pub const MENU_CONDITIONS_MAX: usize = 4;
/// Groups of values with which the texts of a flow are checked and made ahead: every combination of variables that
/// list their words, while they are not more; else the values that a call begins with.
pub const SAMPLES_MAX: usize = 64;
/// Octets of a variable's value; `set` leaves the variable alone when they would be more.
pub const VALUE_BYTES_MAX: usize = 2_000;
/// Items of a list that a connector answers.
pub const ITEMS_MAX: usize = 100;
/// Octets of a connector's answer; more is refused unread.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// How long a connector's answer may take when its file does not say, and at most.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// See [`ANSWER_TIMEOUT`].
pub const ANSWER_TIMEOUT_MAX: Duration = Duration::from_secs(15);
/// After this a node that waits for connectors is left by `failed`, whatever becomes of them.
pub const ANSWER_LONGEST: Duration = Duration::from_secs(20);
/// How long a picture may stand still while a node waits for connectors; then the flow's `wait` is shown.
pub const WAIT_SHOWN_AFTER: Duration = Duration::from_millis(400);
/// Requests of one connector at once when its file does not say.
pub const AT_ONCE_USUAL: u32 = 50;
/// Codes of orders that a call remembers, so that none of them is told again; far fewer than there are.
pub const CODES_MAX: usize = 100;
/// Questions of a flow to connectors when a call is over.
pub const FAREWELLS_MAX: usize = 8;
/// Languages of one flow.
pub const LANGUAGES_MAX: usize = 16;
/// Nodes of one flow.
pub const NODES_MAX: usize = 2_000;
/// Boxes, labels and passages of lines in the drawing of a flow; beyond it there is none.
pub const DRAWN_PIECES_MAX: usize = 200_000;

/// How long a flash rings when its step does not say.
pub(crate) const FLASH_RING: Duration = Duration::from_secs(8);
/// How long a telephone that a caller is put through to rings when the step does not say.
pub(crate) const TRANSFER_RING: Duration = Duration::from_secs(30);
/// Texts with values that are kept compiled, by thread, for each of four ways to tell them; one more, and all begin anew.
pub(crate) const TEMPLATES_KEPT: usize = 4_096;
/// Characters of a notice: what is longer, nobody listens to before they may press a key.
pub const NOTICE_CHARS_MAX: usize = 200;
/// Stays in nodes that a call's journal tells of.
pub const STAYS_MAX: usize = 200;
/// Ratings that a call's journal tells of.
pub const RATINGS_MAX: usize = 20;
/// Longest ringing before a call is answered; more is refused by the checker.
pub(crate) const RING_MAX: Duration = Duration::from_secs(60);

/// Shortest duration an operator may write.
pub const DURATION_MIN: Duration = Duration::from_millis(100);
/// Longest duration an operator may write.
pub const DURATION_MAX: Duration = Duration::from_secs(4 * 60 * 60);
/// Digits that a caller can be asked for.
pub const DIGITS_MAX: u32 = 32;
/// Digits of a number that can be calculated with; more would not be told apart.
pub(crate) const DIGITS_OF_NUMBER_MAX: usize = 15;
/// The longest pause between two digits when the step does not say.
pub const BETWEEN_DIGITS: Duration = Duration::from_secs(3);
/// How long the key that could have ended the digits does nothing behind the last one that was expected.
pub const OVERHEARD: Duration = Duration::from_secs(2);
/// Stars of a rating: their rows fit a small screen.
pub(crate) const STARS_MAX: u32 = 5;
/// Flows that can run each other, one inside the other.
pub(crate) const RUNS_DEEP_MAX: usize = 8;
/// Most tries of a menu.
pub const TRIES_MAX: u32 = 10;
/// Places of a queue that have a slide of their own where a step shows them; those behind share one. The pool tells no
/// more of them.
pub const PLACES_SHOWN: u32 = 10;
/// How often the slide of a place may change when the step does not say.
pub const SHOW_PLACE_EVERY: Duration = Duration::from_secs(10);
/// Points that a minute of waiting in a queue adds when the step does not say, so that all gain equally fast; and at
/// most.
pub const PER_MINUTE: u32 = 10;
/// See [`PER_MINUTE`].
pub const PER_MINUTE_MAX: u32 = 1_000;
/// Points with which a caller enters a queue, above or below zero; more means this.
pub const PRIORITY_MAX: i32 = 100_000;
/// Most callers in a queue.
pub const CAPACITY_MAX: u32 = 100_000;
/// Most ways out of a queue.
pub const OVERFLOWS_MAX: usize = 8;
/// Most calls that an agent may let ring in a row before being paused.
pub const PAUSE_AFTER_MAX: u32 = 100;

/// Time after which a presentation counts as ended although nobody said so.
pub const PLAY_MAX: Duration = Duration::from_secs(15 * 60);
/// How far a key winds a clip when the step does not say; and at least, which must be more than the time between two key
/// pictures of a clip, so that it never leads back to where the caller is.
pub const WIND: Duration = Duration::from_secs(10);
/// See [`WIND`].
pub const WIND_MIN: Duration = Duration::from_secs(5);
/// How long callers are sent back what they send when the step does not say; and at most.
pub const ECHO: Duration = Duration::from_secs(10);
/// See [`ECHO`].
pub const ECHO_MAX: Duration = Duration::from_secs(5 * 60);
/// After this it is asked again what was measured of an echo.
pub(crate) const ECHO_MEASURED: Duration = Duration::from_secs(1);
/// Nodes entered one after the other without a key or an agent; then the run hangs up, because nobody
/// is there.
pub const UNATTENDED_MAX: u32 = 64;
/// Menus remembered for `$back`; the oldest is forgotten.
pub const HISTORY_MAX: usize = 64;

/// Rows of a slide that stay legible at QCIF; more is a warning.
pub const ROWS_LEGIBLE: usize = 4;
/// Columns of a row's label that stay legible at QCIF: six Chinese characters, twelve letters; more is a
/// warning.
pub const LABEL_COLUMNS_LEGIBLE: usize = 12;

/// Time a menu waits for a key when neither it nor the flow says.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(6);
/// Tries of a menu when neither it nor the flow says.
pub const TRIES_DEFAULT: u32 = 2;

/// The highest `key_budget`.
pub const KEY_BUDGET_MAX: u32 = 20;

/// Places of one mistake, beside the first, that are quoted; the others are counted.
pub(crate) const PLACES_SHOWN_MAX: usize = 3;

/// How long a caller is spoken to before the first key is named, where a flow says nothing else: people hang up on more.
pub const SPEECH_BUDGET_USUAL: Duration = Duration::from_secs(20);

/// Nodes that are looked at on one way to the first key; behind more nothing is counted.
pub(crate) const SPEECH_NODES_MAX: usize = 12;

/// How long a caller may wait for a slide where a flow says nothing else.
pub const PICTURE_BUDGET_USUAL: Duration = Duration::from_secs(1);
/// Pixels of type below which texts are hard to read on a phone's screen.
pub const TYPE_MIN: f32 = 12.0;
/// The same of scripts with close strokes, such as Chinese.
pub const TYPE_MIN_DENSE: f32 = 16.0;
/// Contrast of texts to their ground below which they are hard to read (WCAG 2.2, 1.4.3, level AA).
pub const CONTRAST_MIN: f32 = 4.5;
/// Pixels of a line that may lie outside the picture: the side bearing of a letter.
pub(crate) const OUTSIDE_MAX: f32 = 1.0;
/// Changes of pictures that are looked at in one flow and language.
pub const CHANGES_MAX: usize = 10_000;

/// Things that agents can show to callers.
pub(crate) const SHELF_MAX: usize = 40;
/// Wrap-up codes of a queue.
pub(crate) const WRAP_UP_CODES_MAX: usize = 40;
/// Characters of one.
pub(crate) const WRAP_UP_CODE_CHARS_MAX: usize = 40;
/// Of a caller's level.
pub(crate) const LEVEL_MAX: u8 = 5;
