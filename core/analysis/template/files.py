"""Paths of files, as POSIX, Windows and network shares write them."""

from core.analysis.template.mask import Lead, Mask

_ROOT = (
    r"(?:home|tmp|var|usr|opt|etc|mnt|root|srv|data|private|Users|Applications|proc|run|dev|media"
    r"|build|workspace|nix|Library|System|Volumes|storage|sys|lib|lib64|app|backup|logs|bin|sbin)"
)
# Files that hold data; the name of a source file says what failed, that of a data file does not.
_DATA = (
    r"(?:csv|tsv|txt|jsonl?|ya?ml|xml|html?|pdf|png|jpe?g|gif|svg|webp|bmp|tiff?|ico|log|conf|cfg"
    r"|ini|toml|db|sqlite3?|parquet|avro|orc|xlsx?|docx?|pptx?|odt|zip|gz|bz2|xz|zst|tar|tgz|rar"
    r"|bak|tmp|lock|pem|key|crt|cer|p12|env|mp[34]|wav|avi|mov|mkv|dat|bin|npy|pkl|h5|onnx|pid|sock)"
)
_PLACE = r"(?::\d{1,9}){0,2}(?:\(\d{1,9}(?:,\d{1,9})?\))?"
_STEPS = r"(?:[\w.@+~-]{1,120}/)"
_EXTENSION = r"(?:\.[A-Za-z][\w-]{0,19}){1,4}"
_NAME = rf"[\w@+.-]{{1,100}}?{_EXTENSION}(?![\w/(]){_PLACE}"
_DATA_FILE = rf"[\w@+-]{{1,100}}(?:\.[\w-]{{1,40}}){{0,4}}\.{_DATA}(?![\w(/]|\.\w)"
_DOTTED = r"(?=[\w/@~+-]{1,400}+\.)"
# A part of a path on Windows; a blank in it only where more of the path follows.
_PART = r"[^\s\\/:*?\"'<>|]{1,200}(?: [^\s\\/:*?\"'<>|]{1,60}(?=\\)){0,4}"
_NO_MARK = r"(?<![.,;:!?)\]}])"

MASKS = (
    Mask(
        "path",
        Lead.JOINED,
        rf"(?<![./>-]){_DOTTED}{_STEPS}{{1,40}}{_NAME}"
        rf"|[A-Za-z]:[\\/]{{1,2}}{_PART}(?:[\\/]{{1,2}}{_PART}){{0,60}}[\\/]?{_NO_MARK}{_PLACE}"
        rf"|(?<![./<>@\\])(?=[\w@+-]{{1,100}}+\.){_DATA_FILE}",
    ),
    Mask(
        "path",
        Lead.DIGIT,
        rf"(?=[\d_-]{{0,40}}[A-Za-z._-])(?:{_DOTTED}{_STEPS}{{1,40}}{_NAME}|{_DATA_FILE})",
    ),
    Mask(
        "path",
        Lead.SLASH,
        rf"(?<![\w.>/])(?:/{_ROOT}(?=/)|~(?=/))(?:/[\w.@%+~:,=#$-]{{0,200}}){{1,60}}(?<![:,.=])"
        rf"|(?<![\w./<>-])\.{{0,2}}/{_DOTTED}{_STEPS}{{0,40}}{_NAME}"
        rf"|(?<![\w\\])\\\\[\w.$?-]{{1,100}}(?:\\[A-Za-z]:)?(?:\\{_PART}){{1,60}}{_NO_MARK}",
    ),
)
