/* svc_sts.c - API shapes of STS. Written by generate.py from botocore 1.43.11; do not edit. See NOTICE. */
#include "providers/aws/shape.h"

static const aws_member members[] = {
    { "RoleArn", NULL, NULL, 1, AWS_REQUIRED },
    { "RoleSessionName", NULL, NULL, 2, AWS_REQUIRED },
    { "PolicyArns", NULL, NULL, 3, 0 },
    { "Policy", NULL, NULL, 5, 0 },
    { "DurationSeconds", NULL, NULL, 6, 0 },
    { "Tags", NULL, NULL, 7, 0 },
    { "TransitiveTagKeys", NULL, NULL, 11, 0 },
    { "ExternalId", NULL, NULL, 12, 0 },
    { "SerialNumber", NULL, NULL, 13, 0 },
    { "TokenCode", NULL, NULL, 14, 0 },
    { "SourceIdentity", NULL, NULL, 15, 0 },
    { "ProvidedContexts", NULL, NULL, 16, 0 },
    { "arn", NULL, NULL, 1, 0 },
    { "Key", NULL, NULL, 9, AWS_REQUIRED },
    { "Value", NULL, NULL, 10, AWS_REQUIRED },
    { "ProviderArn", NULL, NULL, 1, 0 },
    { "ContextAssertion", NULL, NULL, 18, 0 },
    { "Credentials", NULL, NULL, 20, 0 },
    { "AssumedRoleUser", NULL, NULL, 25, 0 },
    { "PackedPolicySize", NULL, NULL, 27, 0 },
    { "SourceIdentity", NULL, NULL, 15, 0 },
    { "AccessKeyId", NULL, NULL, 21, AWS_REQUIRED },
    { "SecretAccessKey", NULL, NULL, 22, AWS_REQUIRED },
    { "SessionToken", NULL, NULL, 23, AWS_REQUIRED },
    { "Expiration", NULL, NULL, 24, AWS_REQUIRED },
    { "AssumedRoleId", NULL, NULL, 26, AWS_REQUIRED },
    { "Arn", NULL, NULL, 1, AWS_REQUIRED },
    { "RoleArn", NULL, NULL, 1, AWS_REQUIRED },
    { "RoleSessionName", NULL, NULL, 2, AWS_REQUIRED },
    { "WebIdentityToken", NULL, NULL, 29, AWS_REQUIRED },
    { "ProviderId", NULL, NULL, 30, 0 },
    { "PolicyArns", NULL, NULL, 3, 0 },
    { "Policy", NULL, NULL, 31, 0 },
    { "DurationSeconds", NULL, NULL, 6, 0 },
    { "Credentials", NULL, NULL, 20, 0 },
    { "SubjectFromWebIdentityToken", NULL, NULL, 33, 0 },
    { "AssumedRoleUser", NULL, NULL, 25, 0 },
    { "PackedPolicySize", NULL, NULL, 27, 0 },
    { "Provider", NULL, NULL, 34, 0 },
    { "Audience", NULL, NULL, 35, 0 },
    { "SourceIdentity", NULL, NULL, 15, 0 },
    { "UserId", NULL, NULL, 38, 0 },
    { "Account", NULL, NULL, 39, 0 },
    { "Arn", NULL, NULL, 1, 0 },
};

static const aws_shape shapes[] = {
    { AWS_STRUCT, 0, 0, 12, 0, 0, NULL, NULL }, /* 0 AssumeRoleRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 1 arnType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 2 roleSessionNameType */
    { AWS_LIST, 0, 0, 0, 0, 4, NULL, NULL }, /* 3 policyDescriptorListType */
    { AWS_STRUCT, 0, 12, 1, 0, 0, NULL, NULL }, /* 4 PolicyDescriptorType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 5 unrestrictedSessionPolicyDocumentType */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 6 roleDurationSecondsType */
    { AWS_LIST, 0, 0, 0, 0, 8, NULL, NULL }, /* 7 tagListType */
    { AWS_STRUCT, 0, 13, 2, 0, 0, NULL, NULL }, /* 8 Tag */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 9 tagKeyType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 10 tagValueType */
    { AWS_LIST, 0, 0, 0, 0, 9, NULL, NULL }, /* 11 tagKeyListType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 12 externalIdType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 13 serialNumberType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 14 tokenCodeType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 15 sourceIdentityType */
    { AWS_LIST, 0, 0, 0, 0, 17, NULL, NULL }, /* 16 ProvidedContextsListType */
    { AWS_STRUCT, 0, 15, 2, 0, 0, NULL, NULL }, /* 17 ProvidedContext */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 18 contextAssertionType */
    { AWS_STRUCT, 0, 17, 4, 0, 0, NULL, NULL }, /* 19 AssumeRoleResponse */
    { AWS_STRUCT, 0, 21, 4, 0, 0, NULL, NULL }, /* 20 Credentials */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 21 accessKeyIdType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 22 accessKeySecretType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 23 tokenType */
    { AWS_TIMESTAMP, 0, 0, 0, 0, 0, NULL, NULL }, /* 24 dateType */
    { AWS_STRUCT, 0, 25, 2, 0, 0, NULL, NULL }, /* 25 AssumedRoleUser */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 26 assumedRoleIdType */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 27 nonNegativeIntegerType */
    { AWS_STRUCT, 0, 27, 7, 0, 0, NULL, NULL }, /* 28 AssumeRoleWithWebIdentityRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 29 clientTokenType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 30 urlType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 31 sessionPolicyDocumentType */
    { AWS_STRUCT, 0, 34, 7, 0, 0, NULL, NULL }, /* 32 AssumeRoleWithWebIdentityResponse */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 33 webIdentitySubjectType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 34 Issuer */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 35 Audience */
    { AWS_STRUCT, 0, 41, 0, 0, 0, NULL, NULL }, /* 36 GetCallerIdentityRequest */
    { AWS_STRUCT, 0, 41, 3, 0, 0, NULL, NULL }, /* 37 GetCallerIdentityResponse */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 38 userIdType */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 39 accountType */
};

static const aws_op ops[] = {
    { "AssumeRole", 0, 19, "AssumeRoleResult" },
    { "AssumeRoleWithWebIdentity", 28, 32, "AssumeRoleWithWebIdentityResult" },
    { "GetCallerIdentity", 36, 37, "GetCallerIdentityResult" },
};

static const char *const errors[] = {
    "ExpiredTokenException",
    "IDPCommunicationError",
    "IDPRejectedClaim",
    "InvalidIdentityToken",
    "MalformedPolicyDocument",
    "PackedPolicyTooLarge",
    "RegionDisabledException",
    NULL,
};

const aws_service aws_service_sts = {
    .name = "sts",
    .id = "STS",
    .endpoint_prefix = "sts",
    .signing_name = "sts",
    .protocol = AWS_PROTOCOL_QUERY,
    .api_version = "2011-06-15",
    .target_prefix = NULL,
    .json_version = NULL,
    .members = members,
    .shapes = shapes,
    .ops = ops,
    .errors = errors,
    .op_count = 3,
};
