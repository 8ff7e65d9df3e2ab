//! What control messages say, as plain values: [`View`] for the message as a whole, the rest for its parts.
//!
//! Capabilities and channels are the same types for what comes and for what [`build`](super::build) sends.

use bytes::Bytes;

/// What one message says, as far as a terminal acts on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Who leads? (H.245 §7.2.1)
    MasterSlaveDetermination {
        /// The larger one is the master (H.324 §7.1: terminal 128, gateway 160..).
        terminal_type: u8,
        /// 24 bits, drawn at random.
        number: u32,
    },
    /// What the receiver of this message is (§7.2.2).
    MasterSlaveDeterminationAck {
        /// The receiver's role.
        role: Role,
    },
    /// The numbers were the same: draw again (§7.2.3).
    MasterSlaveDeterminationReject,
    /// The peer's timer ran out (§7.2.4).
    MasterSlaveDeterminationRelease,
    /// What the peer can (§7.3.1).
    TerminalCapabilitySet {
        /// To be named in the answer.
        sequence: u8,
        /// The set. May be empty: then nothing may be sent to the peer for now (§5.1.6).
        capabilities: Box<Capabilities>,
    },
    /// Capabilities taken (§7.3.2).
    TerminalCapabilitySetAck {
        /// Of the set.
        sequence: u8,
    },
    /// Capabilities refused (§7.3.3).
    TerminalCapabilitySetReject {
        /// Of the set.
        sequence: u8,
    },
    /// The peer's timer ran out (§7.3.4).
    TerminalCapabilitySetRelease,
    /// A channel from the peer, or one both ways (§7.4.1).
    OpenLogicalChannel(Box<ChannelRequest>),
    /// Our channel is open (§7.4.2).
    OpenLogicalChannelAck {
        /// Our channel.
        channel: u16,
        /// The number the peer gave to the way back of a channel both ways.
        reverse: Option<u16>,
    },
    /// Our channel is refused (§7.4.3).
    OpenLogicalChannelReject {
        /// Our channel.
        channel: u16,
        /// Why.
        cause: RejectCause,
    },
    /// The way back of a channel both ways may be used (§7.4.4).
    OpenLogicalChannelConfirm {
        /// The peer's channel.
        channel: u16,
    },
    /// The peer closes its channel (§7.4.5).
    CloseLogicalChannel {
        /// The peer's channel.
        channel: u16,
    },
    /// Our channel is closed (§7.4.6).
    CloseLogicalChannelAck {
        /// Our channel.
        channel: u16,
    },
    /// The peer wants our channel closed (§7.4.7).
    RequestChannelClose {
        /// Our channel.
        channel: u16,
    },
    /// The peer is going to close its channel (§7.4.8).
    RequestChannelCloseAck {
        /// The peer's channel.
        channel: u16,
    },
    /// The peer will not close its channel (§7.4.9).
    RequestChannelCloseReject {
        /// The peer's channel.
        channel: u16,
    },
    /// The peer's timer ran out (§7.4.10).
    RequestChannelCloseRelease {
        /// Our channel.
        channel: u16,
    },
    /// Entries of the multiplex table the peer sends by (§7.5.1).
    MultiplexEntrySend {
        /// To be named in the answer.
        sequence: u8,
        /// The entries, 1..=15 of them.
        entries: Vec<TableEntry>,
    },
    /// Our entries are in use (§7.5.2).
    MultiplexEntrySendAck {
        /// Of our message.
        sequence: u8,
        /// Entry numbers, 1..=15.
        entries: Vec<u8>,
    },
    /// Our entries are refused (§7.5.3).
    MultiplexEntrySendReject {
        /// Of our message.
        sequence: u8,
        /// Entry numbers, 1..=15.
        entries: Vec<u8>,
    },
    /// The peer's timer ran out (§7.5.4).
    MultiplexEntrySendRelease {
        /// Entry numbers, 1..=15.
        entries: Vec<u8>,
    },
    /// The peer wants these entries sent again (§7.6.1).
    RequestMultiplexEntry {
        /// Entry numbers, 1..=15.
        entries: Vec<u8>,
    },
    /// The peer will send them (§7.6.2).
    RequestMultiplexEntryAck {
        /// Entry numbers, 1..=15.
        entries: Vec<u8>,
    },
    /// The peer will not send them (§7.6.3).
    RequestMultiplexEntryReject {
        /// Entry numbers, 1..=15.
        entries: Vec<u8>,
    },
    /// The peer's timer ran out (§7.6.4).
    RequestMultiplexEntryRelease {
        /// Entry numbers, 1..=15.
        entries: Vec<u8>,
    },
    /// The peer would rather be sent something else (§7.7.1).
    RequestMode {
        /// To be named in the answer.
        sequence: u8,
        /// Descriptions by preference, each a list of what would be sent together.
        modes: Vec<Vec<Mode>>,
    },
    /// Our wish is followed (§7.7.2).
    RequestModeAck {
        /// Of our request.
        sequence: u8,
    },
    /// Our wish is not followed (§7.7.3).
    RequestModeReject {
        /// Of our request.
        sequence: u8,
    },
    /// The peer's timer ran out (§7.7.4).
    RequestModeRelease,
    /// To be answered at once (§7.8.1).
    RoundTripDelayRequest {
        /// To be named in the answer.
        sequence: u8,
    },
    /// The answer (§7.8.2).
    RoundTripDelayResponse {
        /// Of our request.
        sequence: u8,
    },
    /// Send back what comes (§7.9.1).
    MaintenanceLoopRequest(Loop),
    /// Our loop is made (§7.9.2).
    MaintenanceLoopAck(Loop),
    /// Our loop is refused (§7.9.3).
    MaintenanceLoopReject(Loop),
    /// No loops any more (§7.9.4).
    MaintenanceLoopOffCommand,
    /// Send your capabilities (§7.11.1); a whole set is the answer to whatever part is asked for.
    SendTerminalCapabilitySet,
    /// Send no faster (§7.11.3).
    FlowControl {
        /// What is limited.
        scope: Scope,
        /// Limit in bit/s; `None` lifts it.
        bps_max: Option<u32>,
    },
    /// The session is over (§7.11.4).
    EndSession {
        /// False when the peer wants to go on in another mode of the circuit, by V.8 bis say.
        disconnect: bool,
    },
    /// Do something on a channel (§7.11.5).
    Command {
        /// The channel meant; a command for the whole multiplex names any number.
        channel: u16,
        /// What.
        command: Command,
    },
    /// Change the level of the multiplex (§7.11.8).
    MultiplexReconfiguration(Reconfiguration),
    /// Something about a channel (§7.12.2).
    Indication {
        /// The channel.
        channel: u16,
        /// What.
        indication: Indication,
    },
    /// How the sender's line trembles (§7.12.3).
    Jitter {
        /// What was measured.
        scope: Scope,
        /// Mantissa 0..=3 and exponent 0..=7 of the received jitter (Table 4 of §B.12.3).
        jitter: (u8, u8),
        /// Frames left out by the decoder, 0..=15.
        skipped_frames: Option<u8>,
    },
    /// How much later one channel's samples reach the line than the other's (§7.12.4).
    Skew {
        /// The channel that is ahead.
        earlier: u16,
        /// The channel that is behind.
        later: u16,
        /// By so much, 0..=4095.
        skew_ms: u16,
    },
    /// A key, or a text (§7.12.6).
    UserInput(UserInput),
    /// Who made the peer (§7.12.10).
    Vendor(Vendor),
    /// The peer did not understand a message of ours (§7.12.1); its name, as [`Message::name`](super::Message::name).
    FunctionNotUnderstood(&'static str),
    /// The peer does not do what a message of ours wants (§7.12.11).
    FunctionNotSupported {
        /// The octets of our message, where the peer sent them back.
        returned: Option<Bytes>,
    },
    /// The peer told its own limit (§7.12.13).
    FlowControlIndication {
        /// What is limited.
        scope: Scope,
        /// Limit in bit/s; `None` means there is none.
        bps_max: Option<u32>,
    },
    /// A request that a terminal here does not follow: to be answered with `functionNotSupported`.
    OtherRequest,
    /// A response, command or indication that a terminal here does nothing about.
    Other,
}

/// Who leads when both want the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Leads.
    Master,
    /// Follows.
    Slave,
}

/// A capability set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Version of H.245 the peer speaks, 0 when it names something else.
    pub version: u32,
    /// What its multiplex can; `None` leaves what was said before.
    pub multiplex: Option<Multiplex>,
    /// The table: entry number 1..=65535 and what stands there; `None` takes the entry away.
    pub table: Vec<(u16, Option<Capability>)>,
    /// The descriptors: number and sets of table entries; one of each set can be used at the same time.
    /// Sets and entries stand by preference.
    pub descriptors: Vec<(u8, Vec<Vec<u16>>)>,
}

impl Capabilities {
    /// Nothing at all is declared: the peer wants no media now (§5.1.6).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.iter().all(|(_, capability)| capability.is_none())
    }

    /// Speech the peer can receive, in table order.
    pub fn audio(&self) -> impl Iterator<Item = &Audio> {
        self.known().filter_map(|capability| match capability {
            Capability::Audio(direction, audio) if direction.receives() => Some(audio),
            _ => None,
        })
    }

    /// Pictures the peer can receive, in table order.
    pub fn video(&self) -> impl Iterator<Item = &Video> {
        self.known().filter_map(|capability| match capability {
            Capability::Video(direction, video) if direction.receives() => Some(video),
            _ => None,
        })
    }

    /// Forms of user input the peer can receive, in table order. Many peers only declare that they send and
    /// receive, or declare nothing and take them all the same.
    pub fn user_input(&self) -> impl Iterator<Item = UserInputForm> {
        self.known().filter_map(|capability| match capability {
            Capability::UserInput(direction, form) if direction.receives() => Some(*form),
            _ => None,
        })
    }

    /// Every entry that has a capability.
    fn known(&self) -> impl Iterator<Item = &Capability> {
        self.table.iter().filter_map(|(_, capability)| capability.as_ref())
    }
}

/// Who can what with a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The terminal that declares it receives.
    Receive,
    /// The terminal that declares it sends.
    Transmit,
    /// Both, at the same time.
    Both,
}

impl Direction {
    /// Whether the terminal that declares it can receive.
    #[must_use]
    pub fn receives(self) -> bool {
        self != Direction::Transmit
    }
}

/// One capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Speech.
    Audio(Direction, Audio),
    /// Pictures.
    Video(Direction, Video),
    /// Keys and texts.
    UserInput(Direction, UserInputForm),
    /// Something else: data, encryption, what a later version added, or what could not be read.
    Unknown,
}

/// A speech codec and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audio {
    /// AMR narrow-band (H.245 Annex I).
    Amr {
        /// The highest mode, in bit/s; 12 200 where the peer says nothing.
        bps_max: u32,
        /// Most frames in an SDU, 1..=256.
        frames_max: u16,
        /// Comfort noise frames may be sent.
        comfort_noise: bool,
    },
    /// AMR wide-band (H.245 Annex R).
    AmrWideband,
    /// G.723.1.
    G7231 {
        /// Most frames in an SDU, 1..=256.
        frames_max: u16,
        /// Silence compression is possible, or used.
        silence_suppression: bool,
    },
    /// Another codec, by its name in the module.
    Other(&'static str),
}

/// A video codec and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Video {
    /// H.263.
    H263(H263),
    /// MPEG-4 part 2 (H.245 Annex E).
    Mpeg4(Mpeg4),
    /// H.264 (H.241 §8.3).
    H264(H264),
    /// Another codec, by its name in the module.
    Other(&'static str),
}

/// Least distance of pictures, and annexes of H.263, that can be decoded; in a channel: that may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct H263 {
    /// Of 128x96, in 1/29.97 s, 1..=32.
    pub sqcif_mpi: Option<u8>,
    /// Of 176x144, in 1/29.97 s, 1..=32.
    pub qcif_mpi: Option<u8>,
    /// Of 352x288, in 1/29.97 s, 1..=32.
    pub cif_mpi: Option<u8>,
    /// In bit/s, by hundreds.
    pub bps_max: u32,
    /// Annex D.
    pub unrestricted_vector: bool,
    /// Annex E.
    pub arithmetic_coding: bool,
    /// Annex F.
    pub advanced_prediction: bool,
    /// Annex G.
    pub pb_frames: bool,
    /// Follows `videoTemporalSpatialTradeOff`.
    pub trade_off: bool,
    /// Lists further annexes (`h263Options`), which are not read here.
    pub further_options: bool,
}

/// MPEG-4 part 2 visual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mpeg4 {
    /// In bit/s, by hundreds; 0 where nothing was said.
    pub bps_max: u32,
    /// `profile_and_level_indication`, 8 is simple profile level 0; `None` where nothing was said.
    pub profile_and_level: Option<u8>,
    /// `object`: bits of the tools, parameter 1.
    pub object: Option<u16>,
    /// VOS, VO and VOL headers; in a channel only.
    pub config: Option<Bytes>,
}

/// H.264 as H.241 declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct H264 {
    /// In bit/s, by hundreds; 0 where nothing was said.
    pub bps_max: u32,
    /// Bits of the profiles, parameter 41: 64 is baseline.
    pub profiles: u8,
    /// Parameter 42: H.241's number of the level, 15 is level 1, 22 is level 1b.
    pub level: u16,
    /// Parameter sets; in a channel only.
    pub config: Option<Bytes>,
}

/// What a form of user input is declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserInputForm {
    /// Digits, `*` and `#` as `alphanumeric`.
    BasicString,
    /// IA5 characters as `alphanumeric`.
    Ia5String,
    /// General strings as `alphanumeric`.
    GeneralString,
    /// `signal` and `signalUpdate`.
    Dtmf,
    /// The hook-flash by `signal`.
    Hookflash,
    /// Another one.
    Other,
}

/// Which adaptation layers can be used for a medium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// AL1.
    pub al1: bool,
    /// AL2.
    pub al2: bool,
    /// AL3.
    pub al3: bool,
}

/// What a terminal's H.223 multiplex can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Multiplex {
    /// For pictures.
    pub video: Layers,
    /// For speech.
    pub audio: Layers,
    /// For data.
    pub data: Layers,
    /// Largest SDU on AL2 in octets.
    pub al2_sdu_max: u16,
    /// Largest SDU on AL3 in octets.
    pub al3_sdu_max: u16,
    /// The jitter the terminal causes at most, in ms, 0..=1023.
    pub delay_jitter_ms: u16,
    /// Nested multiplex entries are understood; `None` for the basic form: two elements, no nesting.
    pub enhanced_table: Option<EnhancedTable>,
    /// `maxH223MUXPDUsize` is obeyed.
    pub mux_pdu_size: bool,
    /// NSRP is understood.
    pub nsrp: bool,
    /// What the sender's multiplex can send of the mobile levels.
    pub mobile: Option<Mobile>,
    /// Speaks of Annex C (level 3).
    pub annex_c: bool,
}

/// Limits of nested multiplex entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnhancedTable {
    /// 1..=15.
    pub nesting_depth_max: u8,
    /// 2..=255.
    pub elements_max: u8,
    /// 2..=255.
    pub sub_elements_max: u8,
}

/// `mobileOperationTransmitCapability`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mobile {
    /// Levels can change within a call.
    pub mode_change: bool,
    /// Level 1.
    pub annex_a: bool,
    /// Level 1 with doubled flags.
    pub annex_a_double_flag: bool,
    /// Level 2.
    pub annex_b: bool,
    /// Level 2 with the optional header.
    pub annex_b_with_header: bool,
}

/// What a channel carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// Nothing: the way back of a channel that exists for its acknowledgements only.
    Null,
    /// Speech.
    Audio(Audio),
    /// Pictures.
    Video(Video),
    /// Data applications.
    Data,
    /// Something else, or something that could not be read.
    Unknown,
}

/// How a channel is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adaptation {
    /// AL1 with frames.
    Al1Framed,
    /// AL1 without frames.
    Al1NotFramed,
    /// AL2.
    Al2 {
        /// SDUs are numbered.
        sequence_numbers: bool,
    },
    /// AL3.
    Al3 {
        /// 0..=2.
        control_octets: u8,
        /// Octets kept for retransmission, 0..=16777215.
        send_buffer: u32,
    },
    /// AL1M, AL2M, AL3M, a non-standard layer, or not H.223 at all.
    Other,
}

/// A channel that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRequest {
    /// 1..=65535.
    pub channel: u16,
    /// From the terminal that asks to the one that is asked.
    pub forward: Way,
    /// The way back, in a channel both ways.
    pub reverse: Option<Way>,
}

/// One direction of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What it carries.
    pub media: Media,
    /// How.
    pub adaptation: Adaptation,
    /// One SDU may be spread over several PDUs.
    pub segmentable: bool,
}

/// Why a channel is refused (§7.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectCause {
    /// No reason given.
    Unspecified,
    /// The way back cannot be so.
    UnsuitableReverseParameters,
    /// This codec never.
    DataTypeNotSupported,
    /// This codec not now.
    DataTypeNotAvailable,
    /// What is this?
    UnknownDataType,
    /// Not over this adaptation layer.
    DataTypeAlCombinationNotSupported,
    /// Not enough line left.
    InsufficientBandwidth,
    /// Both opened the same and this terminal leads.
    MasterSlaveConflict,
    /// Another reason.
    Other,
}

/// One entry of a multiplex table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableEntry {
    /// 1..=15.
    pub number: u8,
    /// What PDUs of this code are made of; `None` takes the entry out of use.
    pub elements: Option<Vec<Element>>,
}

/// One element of a multiplex entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// What.
    pub what: Content,
    /// How often, 1..=65535; `None` until the closing flag.
    pub times: Option<u16>,
}

/// What an element stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One octet of this channel.
    Channel(u16),
    /// A list in turn, 2..=255 elements.
    Nested(Vec<Element>),
}

/// What a peer would rather be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// This speech codec, by its name in the module; AMR and the like are `genericAudioMode`.
    Audio(&'static str),
    /// H.263, at most so many bit/s.
    H263 {
        /// In bit/s, by hundreds.
        bps_max: u32,
        /// 176x144 is asked for.
        qcif: bool,
    },
    /// A codec declared by an object identifier.
    GenericVideo(Box<Video>),
    /// Something else.
    Other,
}

/// What a test loop is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// The whole line.
    System,
    /// Decoded media of this channel.
    Media(u16),
    /// SDUs of this channel.
    LogicalChannel(u16),
    /// Another loop.
    Other,
}

/// What a limit or a measurement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This channel.
    Channel(u16),
    /// A resource of another network.
    Resource(u16),
    /// The line.
    WholeMultiplex,
}

/// What is to be done on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Hold the last picture.
    FreezePicture,
    /// Send a key picture.
    FastUpdatePicture,
    /// Send these groups of blocks as key ones.
    FastUpdateGob {
        /// 0..=17.
        first: u8,
        /// 1..=18.
        count: u8,
    },
    /// Send these macroblocks as key ones.
    FastUpdateMb {
        /// Group of blocks, 0..=255.
        first_gob: Option<u8>,
        /// 1..=8192.
        first: Option<u16>,
        /// 1..=8192.
        count: u16,
    },
    /// Better pictures (0) or more of them (31), §B.13.5.
    TemporalSpatialTradeOff(u8),
    /// Put a header on every group of blocks.
    SyncEveryGob(bool),
    /// PDUs no longer than so many octets, 1..=65535.
    MaxMuxPduSize(u16),
    /// Delay the faster media, or none.
    EqualiseDelay(bool),
    /// Stop or resume sending media (`switchReceiveMediaOff`, `On`).
    ReceiveMedia(bool),
    /// Another one.
    Other,
}

/// A change of the multiplex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconfiguration {
    /// To level 0.
    Level0,
    /// To level 1.
    Level1,
    /// To level 2.
    Level2,
    /// To level 2 with the optional header.
    Level2OptionalHeader,
    /// Level 1 with doubled flags, from now on or no longer.
    DoubleFlag(bool),
    /// Another one.
    Other,
}

/// What is said of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indication {
    /// The channel carries something: the camera is on.
    Active,
    /// The channel carries nothing of use: the camera is off.
    Inactive,
    /// Ready to show pictures (§B.13.2).
    ReadyToActivate,
    /// The trade-off in use, 0..=31.
    TemporalSpatialTradeOff(u8),
    /// These macroblocks were not decoded.
    NotDecodedMbs {
        /// 1..=8192.
        first: u16,
        /// 1..=8192.
        count: u16,
    },
    /// Another one.
    Other,
}

/// Keys and texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserInput {
    /// Any number of characters.
    Alphanumeric(String),
    /// One key going down.
    Signal {
        /// `0`..=`9`, `#`, `*`, `A`..=`D`, or `!` for the hook-flash.
        key: char,
        /// 1..=65535; `None` while it is not known.
        duration_ms: Option<u16>,
    },
    /// How long the last key is down in all.
    SignalUpdate {
        /// 1..=65535.
        duration_ms: u16,
    },
    /// Which form the peer is going to use.
    Support,
    /// Another one.
    Other,
}

/// Who made a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vendor {
    /// Object identifier with dots, or `country.extension.manufacturer` of T.35.
    pub vendor: String,
    /// As text where it is text, else hexadecimal.
    pub product: Option<String>,
    /// As text where it is text, else hexadecimal.
    pub version: Option<String>,
}

/// What is wrong with a message that is sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// It cannot be read.
    SyntaxError,
    /// It makes no sense.
    SemanticError,
    /// It is not known.
    UnknownFunction,
}
