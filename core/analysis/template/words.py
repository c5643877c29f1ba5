"""The words beside a value that say what it is: a name of the program, a value, a report."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a program is made of: quoted behind one of these, a word is a name and says what failed.
IDENTIFIERS = words(
    """
    alias annotation arg argument arguments attr attribute attributes binding callback class
    column columns component constant constraint constructor context converter database
    decorator dependency directive driver element enum exchange export extension extra factory
    feature field fields fixture flag form function generator global handler header hook import
    index instance interface iterator keyword kwarg label library listener macro method
    middleware migration mixin model module mutation named namespace object operation operator
    option options package param parameter parameters permission pipe pipeline plugin policy
    predicate primitive privilege procedure processor properties property protocol provider
    queue reading receiver reducer reference register relation relationship resolver role
    routine rule schema scope script section selector sequence serializer service setting setup
    signal slice specifier statement struct subclass symbol table target task template topic
    trait transformer trigger type union unit validator variable variant view widget
    """
)
# What a program works on: quoted behind one of these, a word is one of many.
VALUES = words(
    """
    account address amount article artist author batch book bot bucket buyer candidate category
    challenge channel character checksum choice city client colour comment commit company
    contact cookie country coupon course currency customer data date datetime day device digest
    dir directory document domain email employee entry etag file filename filepath firstname
    folder guest guid hash host hostname id ident identifier image input integer invoice item
    language lastname lecture letter literal locale location login machine mail month nickname
    node nonce number order organisation organization owner partner password path patient
    payload person phone photo picture player playlist post postcode price product profile
    project query question recipient repo repository room search secret sender serial server
    session shop signature site sku slug song store street string student subject subscriber
    substring supplier tag team tenant term text ticket time timestamp timezone title token
    track transaction uid uri url user userid username uuid value values video voucher warehouse
    word year zip
    """
)
# Phrases behind the quotes, for a name and for a value.
NAME_FOLLOWS = (
    " object", " is not defined", " is not a function", " is not callable", " is not iterable",
    " is not subscriptable", " is required", " is a required", " is undefined", " is missing",
    " field", " column", " attribute", " property", " argument", " parameter", " module",
    " function", " method", " has no ", " has not been declared", " was not declared",
    " before initialization", " is deprecated", " must ", " should ", " cannot be ", " may not be ",
)  # fmt: skip
VALUE_FOLLOWS = (
    " is not a valid", " is not valid", " is invalid", " is not in ", " is not one of",
    " is not a number", " is not an integer", " is not of type", " already exists", " is too ",
    " is not allowed", " is not unique", " does not match", " did not match", " for key ",
)  # fmt: skip
# What a report in quotes is announced by: its words say what failed.
REPORTS = words(
    """
    because cause caused condition critical description desc detail details err error errors
    exception fail failed failure fatal hint info log message messages msg notice output panic
    problem raised reason replied response said saying says stderr stdout threw throws warn
    warning sql statement with exec
    """
)
# Keys whose value says what happened, as a whole or at the end of the key.
TELLING = REPORTS | words(
    """
    action category class code component errno event kind level logger lvl method module op
    operation outcome phase result service severity stage state status step subsystem type
    """
)
TELLING_ENDS = (
    "code",
    "error",
    "kind",
    "level",
    "message",
    "msg",
    "reason",
    "state",
    "status",
    "type",
)
