"""What libraries' own retry tables say of their exceptions and codes, against our tables."""

import pytest

from core.analysis.classify import of_record
from tests.unit.core.analysis.builders import KNOWLEDGE

# Where the types live, where the library says so, what it tries again, what it does not.
TYPES = [
    (
        "botocore.exceptions",  # botocore 1.44: retries/standard.py
        """
        HTTPClientError ConnectionError SSLError ConnectionClosedError ConnectTimeoutError
        ResponseStreamingError
        """,
        """
        DataNotFoundError UnknownServiceError UnknownRegionError ApiVersionNotFoundError
        InvalidIMDSEndpointError InvalidIMDSEndpointModeError NoCredentialsError
        NoAuthTokenError TokenRetrievalError UnknownTokenProviderError CredentialRetrievalError
        UnknownSignatureVersionError ServiceNotInRegionError BaseEndpointResolverError
        EndpointVariantError UnknownEndpointError UnknownFIPSEndpointError ProfileNotFound
        ConfigParseError ConfigNotFound MissingParametersError ValidationError UnknownKeyError
        RangeError UnknownParameterError InvalidRegionError AliasConflictParameterError
        UnknownServiceStyle PaginationError OperationNotPageableError ChecksumError
        UnseekableStreamError WaiterError InvalidExpressionError UnknownCredentialError
        WaiterConfigError UnknownClientMethodError UnsupportedSignatureVersionError
        EventStreamError InvalidDNSNameError InvalidS3AddressingStyleError UnsupportedS3ArnError
        UnsupportedS3ControlArnError InvalidHostLabelError UnsupportedOutpostResourceError
        UnsupportedS3ConfigurationError UnsupportedS3AccesspointConfigurationError
        InvalidEndpointDiscoveryConfigurationError UnsupportedS3ControlConfigurationError
        InvalidRetryConfigurationError InvalidMaxRetryAttemptsError InvalidRetryModeError
        InvalidS3UsEast1RegionalEndpointConfigError InvalidSTSRegionalEndpointsConfigError
        StubResponseError StubAssertionError UnStubbedResponseError InvalidConfigError
        InfiniteLoopConfigError RefreshWithMFAUnsupportedError MD5UnavailableError
        MissingDependencyException MetadataRetrievalError UndefinedModelAttributeError
        MissingServiceIdError SSOError SSOTokenLoadError UnauthorizedSSOTokenError LoginError
        LoginRefreshRequired LoginInsufficientPermissions LoginTokenLoadError
        LoginAuthorizationCodeError CapacityNotAvailableError InvalidProxiesConfigError
        InvalidDefaultsMode AwsChunkedWrapperError FlexibleChecksumError
        InvalidEndpointConfigurationError EndpointProviderError EndpointResolutionError
        UnknownEndpointResolutionBuiltInName InvalidChecksumConfigError
        UnsupportedServiceProtocolsError
        """,
    ),
    (
        "kafka.errors",  # kafka-python 3.0: `retriable`
        """
        RetriableError InvalidMetadataError KafkaConnectionError CorrelationIdError
        KafkaTimeoutError MetadataEmptyBrokerList NodeNotReadyError StaleMetadata
        TooManyInFlightRequests UnknownTopicOrPartitionError NotLeaderForPartitionError
        RequestTimedOutError ReplicaNotAvailableError NotCoordinatorError
        NotEnoughReplicasAfterAppendError NotControllerError KafkaStorageError
        InvalidFetchSessionEpochError FencedLeaderEpochError OffsetNotAvailableError
        PreferredLeaderNotAvailableError ElectionNotNeededError UnknownTopicIdError
        InconsistentTopicIdError FetchSessionTopicIdError ShareSessionNotFoundError
        """,
        """
        IllegalStateError KafkaProtocolError InvalidReceiveError LogTruncationError
        QuotaViolationError TransactionAbortedError BrokerResponseError AuthorizationError
        NoError OffsetOutOfRangeError CorruptRecordError InvalidFetchRequestError
        BrokerNotAvailableError MessageSizeTooLargeError OffsetMetadataTooLargeError
        InvalidTopicError RecordListTooLargeError InconsistentGroupProtocolError
        InvalidGroupIdError InvalidCommitOffsetSizeError TopicAuthorizationFailedError
        GroupAuthorizationFailedError UnsupportedSaslMechanismError IllegalSaslStateError
        UnsupportedVersionError TopicAlreadyExistsError InvalidPartitionsError
        InvalidReplicationFactorError InvalidReplicationAssignmentError
        InvalidConfigurationError InvalidRequestError OutOfOrderSequenceNumberError
        DuplicateSequenceNumberError InvalidProducerEpochError InvalidTxnStateError
        InvalidProducerIdMappingError TransactionCoordinatorFencedError
        TransactionalIdAuthorizationFailedError OperationNotAttemptedError LogDirNotFoundError
        SaslAuthenticationFailedError UnknownProducerIdError ReassignmentInProgressError
        DelegationTokenAuthDisabledError DelegationTokenNotFoundError
        DelegationTokenExpiredError NonEmptyGroupError GroupIdNotFoundError
        TopicDeletionDisabledError UnsupportedCompressionTypeError MemberIdRequiredError
        GroupMaxSizeReachedError FencedInstanceIdError NoReassignmentInProgressError
        GroupSubscribedToTopicError InvalidRecordError ProducerFencedError ResourceNotFoundError
        DuplicateResourceError UnacceptableCredentialError InvalidUpdateVersionError
        FeatureUpdateFailedError PrincipalDeserializationFailureError InconsistentClusterIdError
        TransactionalIdNotFoundError IneligibleReplicaError OffsetMovedToTieredStorageError
        UnreleasedInstanceIdError StaleMemberEpochError MismatchedEndpointTypeError
        UnsupportedEndpointTypeError TelemetryTooLargeError InvalidRegistrationError
        InvalidRecordStateError InvalidVoterKeyError DuplicateVoterError VoterNotFoundError
        """,
    ),
    (
        "redis.exceptions",  # redis-py 8.1: retry.py, cluster redirects
        """
        ConnectionError ReadOnlyError ClusterDownError AskError MovedError MasterDownError
        SlotNotCoveredError MaxConnectionsError ExternalAuthProviderError
        """,
        """
        AuthenticationError AuthorizationError InvalidResponse DataError PubSubError WatchError
        ExecAbortError NoPermissionError ModuleError NoSuchFieldsetError LockError
        LockNotOwnedError ChildDeadlockedError AuthenticationWrongNumberOfArgsError
        RedisClusterException ClusterCrossSlotError InvalidPipelineStack IncorrectPolicyType
        """,
    ),
    (
        "google.api_core.exceptions",  # google-cloud-storage 3.17: retry.py
        """
        TooManyRequests ResourceExhausted BadGateway ServiceUnavailable GatewayTimeout
        DeadlineExceeded
        """,
        """
        DuplicateCredentialArgs RetryError Redirection MovedPermanently NotModified
        TemporaryRedirect ResumeIncomplete InvalidArgument FailedPrecondition OutOfRange
        Unauthorized Unauthenticated Forbidden PermissionDenied MethodNotAllowed Conflict
        AlreadyExists LengthRequired PreconditionFailed Cancelled Unknown DataLoss
        ResumableTransferError UnseekableStreamError UploadCancelledError
        MissingStatusHeaderError
        """,
    ),
    (
        "requests.exceptions",  # google-cloud-storage 3.17: retry.py
        """
        ConnectionError ProxyError SSLError Timeout ConnectTimeout ReadTimeout
        """,
        """
        InvalidJSONError JSONDecodeError URLRequired TooManyRedirects MissingSchema
        InvalidSchema InvalidURL InvalidHeader InvalidProxyURL ContentDecodingError
        StreamConsumedError RetryError UnrewindableBodyError
        """,
    ),
    (
        "urllib3.exceptions",  # google-cloud-storage 3.17: retry.py
        """
        SSLError ProtocolError MaxRetryError TimeoutError ReadTimeoutError ConnectTimeoutError
        NameResolutionError EmptyPoolError FullPoolError ClosedPoolError ResponseNotChunked
        IncompleteRead InvalidChunkLength
        """,
        """
        DecodeError TimeoutStateError LocationValueError LocationParseError URLSchemeUnknown
        ResponseError BodyNotHttplibCompatible InvalidHeader ProxySchemeUnknown
        ProxySchemeUnsupported HeaderParsingError UnrewindableBodyError
        """,
    ),
    (
        "http.client",  # google-cloud-storage 3.17: retry.py
        """
        ResponseNotReady BadStatusLine
        """,
        """
        NotConnected InvalidURL UnknownProtocol UnknownTransferEncoding UnimplementedFileMode
        ImproperConnectionState CannotSendRequest CannotSendHeader LineTooLong
        """,
    ),
    (
        "google.auth.exceptions",  # google-cloud-storage 3.17: retry.py
        """
        TransportError
        """,
        """
        RefreshError UserAccessTokenError DefaultCredentialsError MutualTLSChannelError
        ClientCertError OAuthError ReauthFailError ReauthSamlChallengeFailError MalformedError
        InvalidResource InvalidOperation InvalidValue InvalidType OSError ResponseError
        """,
    ),
    (
        "pymongo.errors",  # pymongo 4.20: AutoReconnect
        """
        ConnectionFailure WaitQueueTimeoutError NotPrimaryError ServerSelectionTimeoutError
        """,
        """
        ProtocolError OperationFailure CursorNotFound WriteConcernError WriteError WTimeoutError
        DuplicateKeyError BulkWriteError ClientBulkWriteException InvalidName CollectionInvalid
        InvalidURI EncryptionError EncryptedCollectionError
        """,
    ),
    (
        "httpx",  # httpx-retries 0.6: RETRYABLE_EXCEPTIONS
        """
        CloseError ConnectError ConnectTimeout NetworkError ReadError ReadTimeout
        RemoteProtocolError TimeoutException WriteError
        """,
        """
        CookieConflict InvalidURL LocalProtocolError ProtocolError ProxyError RequestNotRead
        ResponseNotRead StreamClosed StreamConsumed StreamError TooManyRedirects
        UnsupportedProtocol
        """,
    ),
]
# By the library that reports them.
CODES = [
    (
        "botocore",  # botocore 1.44: retries/standard.py and the `retryable` of its models
        """
        RequestTimeoutException ThrottledException RequestThrottledException
        TooManyRequestsException ProvisionedThroughputExceededException
        TransactionInProgressException RequestLimitExceeded LimitExceededException
        RequestThrottled SlowDown InternalServerException ThrottlingException
        ServiceUnavailableException InternalServerErrorException InternalServiceErrorException
        ServiceException InternalException ReplicatedWriteConflictException
        InsufficientCapacityException TooManyRequestException SchemaRegistryUnavailableException
        StreamSessionAccessNotReadyException ExecutionTimeoutException
        CancelledByMaintenanceException ClientTimeoutException FailureByQueryException
        MemoryLimitExceededException QueryLimitExceededException S3Exception
        RangeNotSatisfiableException ThrottledRequestException
        """,
        """
        AccessDeniedException ConflictException ValidationException InvalidTokenException
        """,
    ),
    (
        "google",  # google-cloud-bigquery 3.47: retry.py
        """
        rateLimitExceeded internalError badGateway jobBackendError jobInternalError
        jobRateLimitExceeded tableUnavailable
        """,
        """
        notFound invalid invalidQuery accessDenied duplicate billingNotEnabled blocked
        quotaExceeded resourceInUse responseTooLarge stopped resourcesExceeded notImplemented
        billingTierLimitExceeded
        """,
    ),
    (
        "grpc",  # grpc.io status codes, google-api-core 2.44: if_transient_error
        """
        RESOURCE_EXHAUSTED UNAVAILABLE DEADLINE_EXCEEDED ABORTED
        """,
        """
        CANCELLED NOT_FOUND PERMISSION_DENIED UNAUTHENTICATED FAILED_PRECONDITION OUT_OF_RANGE
        """,
    ),
    (
        "pymongo",  # pymongo 4.20: helpers_shared.py, mongodb error_codes.yml
        """
        7 9001 10058 13435 134 11600 11602 89 189
        """,
        """
        11000 13 18 26 48 121 2 9 14 20 43 50 59 66 67 72 73 85 86 115 146 10334 27 31 11 51024
        16550 17280
        """,
    ),
    (
        "psycopg",  # Npgsql: PostgresException.IsTransient
        """
        08000 08004 08007 08P01 40001 40P01 53100 53200 53300 55000 55006 55P03 57P01 57P02
        57P03 58000
        """,
        """
        02000 02001 03000 09000 0A000 0B000 0F000 0F001 0L000 0LP01 0P000 0Z000 0Z002 10608
        20000 21000 22000 22002 22004 22005 22007 22008 22009 2200B 2200C 2200D 2200F 2200G
        2200H 2200L 2200M 2200N 2200S 2200T 22010 22011 22012 22013 22014 22015 22016 22018
        22019 2201B 2201E 2201F 2201G 2201W 2201X 22022 22023 22024 22025 22026 22027 2202E
        2202G 2202H 22030 22031 22032 22033 22034 22035 22036 22037 22038 22039 2203A 2203B
        2203C 2203D 2203E 2203F 2203G 22P01 22P03 22P04 22P05 22P06 23000 23001 23502 23505
        23514 24000 25000 25001 25002 25003 25004 25005 25006 25007 25008 25P01 26000 27000
        2B000 2BP01 2D000 2F000 2F002 2F003 2F004 2F005 34000 38000 38001 38002 38003 38004
        39000 39001 39004 39P01 39P02 39P03 3B000 3B001 3D000 40002 40003 42000 42501 42601
        42602 42611 42622 42701 42702 42703 42704 42712 42723 42725 42803 42804 42809 42830
        42846 42883 428C9 42939 42P01 42P02 42P03 42P04 42P05 42P06 42P07 42P08 42P09 42P10
        42P11 42P12 42P13 42P14 42P15 42P16 42P17 42P18 42P19 42P20 42P21 42P22 44000 54000
        54011 54023 55P02 55P04 57000 57P04 58P01 58P02 58P03 F0000 F0001 HV000 HV001 HV002
        HV004 HV005 HV006 HV007 HV008 HV009 HV00A HV00B HV00C HV00D HV00J HV00K HV00L HV00M
        HV00P HV00Q HV00R HV010 HV014 HV021 HV024 HV090 HV091 P0000 P0001 P0002 P0003 P0004
        XX000 XX001 XX002
        """,
    ),
]


def told(**failure):
    return of_record(failure, KNOWLEDGE).transient


def differing(tell, transient, permanent):
    """The names that are not told as the library tells them."""
    wrong = [name for name in transient.split() if not tell(name)]
    return wrong + [name for name in permanent.split() if tell(name)]


@pytest.mark.parametrize(("module", "transient", "permanent"), TYPES, ids=[row[0] for row in TYPES])
def test_types(module, transient, permanent):
    assert differing(lambda name: told(type=name, module=module), transient, permanent) == []


@pytest.mark.parametrize(
    ("library", "transient", "permanent"), CODES, ids=[row[0] for row in CODES]
)
def test_codes(library, transient, permanent):
    assert (
        differing(lambda code: told(type="Error", module=library, code=code), transient, permanent)
        == []
    )
