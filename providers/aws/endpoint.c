/* Where services are: overrides by configuration, else host names by rule and a table of exceptions. */
#include "providers/aws/config.h"
#include <stdlib.h>
#include <string.h>

const char *aws_env(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

/* Regions are matched by their beginning; the last row takes the rest. */
static const struct {
    const char *prefix;
    aws_partition partition;
} partitions[] = {
    { "cn-", { "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1" } },
    { "us-gov-", { "aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1" } },
    { "us-isob-", { "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1" } },
    { "us-isof-", { "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1" } },
    { "us-iso-", { "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1" } },
    { "eu-isoe-", { "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1" } },
    { "eusc-", { "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1" } },
    { "", { "aws", "amazonaws.com", "api.aws", "us-east-1" } },
};

const aws_partition *aws_partition_of(const char *region)
{
    size_t i = 0;

    while (strncmp(region, partitions[i].prefix, strlen(partitions[i].prefix)) != 0) {
        i++;
    }
    return &partitions[i].partition;
}

/* Services that live in one place for a whole partition. */
static const struct {
    const char *service, *partition, *host, *region;
} global_services[] = {
    { "iam", "aws", "iam.amazonaws.com", "us-east-1" },
    { "iam", "aws-cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1" },
    { "iam", "aws-us-gov", "iam.us-gov.amazonaws.com", "us-gov-west-1" },
    { "iam", "aws-iso", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1" },
    { "iam", "aws-iso-b", "iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1" },
    { "route53", "aws", "route53.amazonaws.com", "us-east-1" },
    { "route53", "aws-cn", "route53.amazonaws.com.cn", "cn-northwest-1" },
    { "route53", "aws-us-gov", "route53.us-gov.amazonaws.com", "us-gov-west-1" },
    { "route53", "aws-iso", "route53.c2s.ic.gov", "us-iso-east-1" },
    { "route53", "aws-iso-b", "route53.sc2s.sgov.gov", "us-isob-east-1" },
    { "cloudfront", "aws", "cloudfront.amazonaws.com", "us-east-1" },
    { "cloudfront", "aws-cn", "cloudfront.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1" },
    { "organizations", "aws", "organizations.us-east-1.amazonaws.com", "us-east-1" },
    { "organizations", "aws-cn", "organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1" },
    { "organizations", "aws-us-gov", "organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1" },
    { "globalaccelerator", "aws", "globalaccelerator.us-west-2.amazonaws.com", "us-west-2" },
    { "shield", "aws", "shield.us-east-1.amazonaws.com", "us-east-1" },
    { "waf", "aws", "waf.amazonaws.com", "us-east-1" },
    { "budgets", "aws", "budgets.amazonaws.com", "us-east-1" },
    { "ce", "aws", "ce.us-east-1.amazonaws.com", "us-east-1" },
};

/* "Elastic Load Balancing v2" names AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2 and, in a profile, its lower case. */
static char *service_key(iacp_call *call, const char *prefix, const char *id, bool upper)
{
    char *text = sdk_printf(call, "%s%s", prefix, id);

    for (char *c = text + strlen(prefix); *c; c++) {
        if (*c == ' ' || *c == '-') {
            *c = '_';
        } else if (upper && *c >= 'a' && *c <= 'z') {
            *c = (char)(*c - 32);
        } else if (!upper && *c >= 'A' && *c <= 'Z') {
            *c = (char)(*c + 32);
        }
    }
    return text;
}

/* In the SDKs' order: endpoints block, the service's variable, the general one, the profile's service, the profile. */
static const char *overriding(const aws_instance *in, iacp_call *call, const aws_service *service)
{
    const char *ignore = aws_env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), *url, *section;

    if ((url = iac_map_get(&in->endpoints, iac_str_of(service->name)))) {
        return url;
    }
    if (ignore && strcmp(ignore, "true") == 0) {
        return NULL;
    }
    if ((url = aws_env(service_key(call, "AWS_ENDPOINT_URL_", service->id, true))) ||
        (url = aws_env("AWS_ENDPOINT_URL"))) {
        return url;
    }
    if ((section = aws_profile_get(&in->profiles, in->profile, "services")) &&
        (url = aws_profile_service(&in->profiles, section, service_key(call, "", service->id, false),
                                   "endpoint_url"))) {
        return url;
    }
    return aws_profile_get(&in->profiles, in->profile, "endpoint_url");
}

void aws_endpoint_of(const aws_instance *in, iacp_call *call, const aws_service *service, aws_endpoint *ret)
{
    bool is_sts = strcmp(service->name, "sts") == 0;
    const char *region = is_sts && in->sts_region ? in->sts_region : in->region;
    const aws_partition *partition = aws_partition_of(region);
    const char *url = overriding(in, call, service);
    const char *legacy = is_sts ? aws_env("AWS_STS_REGIONAL_ENDPOINTS") : NULL;

    ret->signing_region = region;
    for (size_t i = 0; i < IAC_COUNT(global_services); i++) {
        if (strcmp(global_services[i].service, service->name) == 0 &&
            strcmp(global_services[i].partition, partition->name) == 0) {
            ret->signing_region = global_services[i].region;
            ret->url = sdk_printf(call, "https://%s", global_services[i].host);
            region = NULL;
            break;
        }
    }
    if (url) {
        size_t n = strlen(url);
        while (n > 0 && url[n - 1] == '/') {
            n--;
        }
        ret->url = sdk_strndup(call, url, n);
    } else if (legacy && strcmp(legacy, "legacy") == 0 && strcmp(partition->name, "aws") == 0) {
        ret->url = "https://sts.amazonaws.com";
        ret->signing_region = "us-east-1";
    } else if (region) {
        ret->url = sdk_printf(call, "https://%s%s.%s.%s", service->endpoint_prefix, in->use_fips ? "-fips" : "", region,
                              in->use_dualstack ? partition->dual_suffix : partition->dns_suffix);
    }
}
