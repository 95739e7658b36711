/* svc_ecs.c - API shapes of ECS. Written by generate.py from botocore 1.43.11; do not edit. See NOTICE. */
#include "providers/aws/shape.h"

static const aws_member members[] = {
    { "clusterName", NULL, NULL, 1, 0 },
    { "tags", NULL, NULL, 2, 0 },
    { "settings", NULL, NULL, 6, 0 },
    { "configuration", NULL, NULL, 9, 0 },
    { "capacityProviders", NULL, NULL, 15, 0 },
    { "defaultCapacityProviderStrategy", NULL, NULL, 16, 0 },
    { "serviceConnectDefaults", NULL, NULL, 20, 0 },
    { "key", NULL, NULL, 4, 0 },
    { "value", NULL, NULL, 5, 0 },
    { "name", NULL, NULL, 8, 0 },
    { "value", NULL, NULL, 1, 0 },
    { "executeCommandConfiguration", NULL, NULL, 10, 0 },
    { "managedStorageConfiguration", NULL, NULL, 14, 0 },
    { "kmsKeyId", NULL, NULL, 1, 0 },
    { "logging", NULL, NULL, 11, 0 },
    { "logConfiguration", NULL, NULL, 12, 0 },
    { "cloudWatchLogGroupName", NULL, NULL, 1, 0 },
    { "cloudWatchEncryptionEnabled", NULL, NULL, 13, 0 },
    { "s3BucketName", NULL, NULL, 1, 0 },
    { "s3EncryptionEnabled", NULL, NULL, 13, 0 },
    { "s3KeyPrefix", NULL, NULL, 1, 0 },
    { "kmsKeyId", NULL, NULL, 1, 0 },
    { "fargateEphemeralStorageKmsKeyId", NULL, NULL, 1, 0 },
    { "capacityProvider", NULL, NULL, 1, AWS_REQUIRED },
    { "weight", NULL, NULL, 18, 0 },
    { "base", NULL, NULL, 19, 0 },
    { "namespace", NULL, NULL, 1, AWS_REQUIRED },
    { "cluster", NULL, NULL, 22, 0 },
    { "clusterArn", NULL, NULL, 1, 0 },
    { "clusterName", NULL, NULL, 1, 0 },
    { "configuration", NULL, NULL, 9, 0 },
    { "status", NULL, NULL, 1, 0 },
    { "registeredContainerInstancesCount", NULL, NULL, 23, 0 },
    { "runningTasksCount", NULL, NULL, 23, 0 },
    { "pendingTasksCount", NULL, NULL, 23, 0 },
    { "activeServicesCount", NULL, NULL, 23, 0 },
    { "statistics", NULL, NULL, 24, 0 },
    { "tags", NULL, NULL, 2, 0 },
    { "settings", NULL, NULL, 6, 0 },
    { "capacityProviders", NULL, NULL, 15, 0 },
    { "defaultCapacityProviderStrategy", NULL, NULL, 16, 0 },
    { "attachments", NULL, NULL, 26, 0 },
    { "attachmentsStatus", NULL, NULL, 1, 0 },
    { "serviceConnectDefaults", NULL, NULL, 29, 0 },
    { "name", NULL, NULL, 1, 0 },
    { "value", NULL, NULL, 1, 0 },
    { "id", NULL, NULL, 1, 0 },
    { "type", NULL, NULL, 1, 0 },
    { "status", NULL, NULL, 1, 0 },
    { "details", NULL, NULL, 28, 0 },
    { "namespace", NULL, NULL, 1, 0 },
    { "cluster", NULL, NULL, 1, AWS_REQUIRED },
    { "cluster", NULL, NULL, 22, 0 },
    { "taskDefinition", NULL, NULL, 1, AWS_REQUIRED },
    { "taskDefinition", NULL, NULL, 34, 0 },
    { "taskDefinitionArn", NULL, NULL, 1, 0 },
    { "containerDefinitions", NULL, NULL, 35, 0 },
    { "family", NULL, NULL, 1, 0 },
    { "taskRoleArn", NULL, NULL, 1, 0 },
    { "executionRoleArn", NULL, NULL, 1, 0 },
    { "networkMode", NULL, NULL, 86, 0 },
    { "revision", NULL, NULL, 23, 0 },
    { "volumes", NULL, NULL, 87, 0 },
    { "status", NULL, NULL, 100, 0 },
    { "requiresAttributes", NULL, NULL, 101, 0 },
    { "placementConstraints", NULL, NULL, 104, 0 },
    { "compatibilities", NULL, NULL, 107, 0 },
    { "runtimePlatform", NULL, NULL, 109, 0 },
    { "requiresCompatibilities", NULL, NULL, 107, 0 },
    { "cpu", NULL, NULL, 1, 0 },
    { "memory", NULL, NULL, 1, 0 },
    { "inferenceAccelerators", NULL, NULL, 112, 0 },
    { "pidMode", NULL, NULL, 114, 0 },
    { "ipcMode", NULL, NULL, 115, 0 },
    { "proxyConfiguration", NULL, NULL, 116, 0 },
    { "registeredAt", NULL, NULL, 119, 0 },
    { "deregisteredAt", NULL, NULL, 119, 0 },
    { "deleteRequestedAt", NULL, NULL, 119, 0 },
    { "registeredBy", NULL, NULL, 1, 0 },
    { "ephemeralStorage", NULL, NULL, 120, 0 },
    { "enableFaultInjection", NULL, NULL, 43, 0 },
    { "name", NULL, NULL, 1, 0 },
    { "image", NULL, NULL, 1, 0 },
    { "repositoryCredentials", NULL, NULL, 37, 0 },
    { "cpu", NULL, NULL, 23, 0 },
    { "memory", NULL, NULL, 38, 0 },
    { "memoryReservation", NULL, NULL, 38, 0 },
    { "links", NULL, NULL, 15, 0 },
    { "portMappings", NULL, NULL, 39, 0 },
    { "essential", NULL, NULL, 43, 0 },
    { "restartPolicy", NULL, NULL, 44, 0 },
    { "entryPoint", NULL, NULL, 15, 0 },
    { "command", NULL, NULL, 15, 0 },
    { "environment", NULL, NULL, 46, 0 },
    { "environmentFiles", NULL, NULL, 47, 0 },
    { "mountPoints", NULL, NULL, 50, 0 },
    { "volumesFrom", NULL, NULL, 52, 0 },
    { "linuxParameters", NULL, NULL, 54, 0 },
    { "secrets", NULL, NULL, 62, 0 },
    { "dependsOn", NULL, NULL, 64, 0 },
    { "startTimeout", NULL, NULL, 38, 0 },
    { "stopTimeout", NULL, NULL, 38, 0 },
    { "versionConsistency", NULL, NULL, 67, 0 },
    { "hostname", NULL, NULL, 1, 0 },
    { "user", NULL, NULL, 1, 0 },
    { "workingDirectory", NULL, NULL, 1, 0 },
    { "disableNetworking", NULL, NULL, 43, 0 },
    { "privileged", NULL, NULL, 43, 0 },
    { "readonlyRootFilesystem", NULL, NULL, 43, 0 },
    { "dnsServers", NULL, NULL, 15, 0 },
    { "dnsSearchDomains", NULL, NULL, 15, 0 },
    { "extraHosts", NULL, NULL, 68, 0 },
    { "dockerSecurityOptions", NULL, NULL, 15, 0 },
    { "interactive", NULL, NULL, 43, 0 },
    { "pseudoTerminal", NULL, NULL, 43, 0 },
    { "dockerLabels", NULL, NULL, 70, 0 },
    { "ulimits", NULL, NULL, 71, 0 },
    { "logConfiguration", NULL, NULL, 74, 0 },
    { "healthCheck", NULL, NULL, 77, 0 },
    { "systemControls", NULL, NULL, 78, 0 },
    { "resourceRequirements", NULL, NULL, 80, 0 },
    { "firelensConfiguration", NULL, NULL, 83, 0 },
    { "credentialSpecs", NULL, NULL, 15, 0 },
    { "credentialsParameter", NULL, NULL, 1, AWS_REQUIRED },
    { "containerPort", NULL, NULL, 38, 0 },
    { "hostPort", NULL, NULL, 38, 0 },
    { "protocol", NULL, NULL, 41, 0 },
    { "name", NULL, NULL, 1, 0 },
    { "appProtocol", NULL, NULL, 42, 0 },
    { "containerPortRange", NULL, NULL, 1, 0 },
    { "enabled", NULL, NULL, 43, AWS_REQUIRED },
    { "ignoredExitCodes", NULL, NULL, 45, 0 },
    { "restartAttemptPeriod", NULL, NULL, 38, 0 },
    { "value", NULL, NULL, 1, AWS_REQUIRED },
    { "type", NULL, NULL, 49, AWS_REQUIRED },
    { "sourceVolume", NULL, NULL, 1, 0 },
    { "containerPath", NULL, NULL, 1, 0 },
    { "readOnly", NULL, NULL, 43, 0 },
    { "sourceContainer", NULL, NULL, 1, 0 },
    { "readOnly", NULL, NULL, 43, 0 },
    { "capabilities", NULL, NULL, 55, 0 },
    { "devices", NULL, NULL, 56, 0 },
    { "initProcessEnabled", NULL, NULL, 43, 0 },
    { "sharedMemorySize", NULL, NULL, 38, 0 },
    { "tmpfs", NULL, NULL, 60, 0 },
    { "maxSwap", NULL, NULL, 38, 0 },
    { "swappiness", NULL, NULL, 38, 0 },
    { "add", NULL, NULL, 15, 0 },
    { "drop", NULL, NULL, 15, 0 },
    { "hostPath", NULL, NULL, 1, AWS_REQUIRED },
    { "containerPath", NULL, NULL, 1, 0 },
    { "permissions", NULL, NULL, 58, 0 },
    { "containerPath", NULL, NULL, 1, AWS_REQUIRED },
    { "size", NULL, NULL, 23, AWS_REQUIRED },
    { "mountOptions", NULL, NULL, 15, 0 },
    { "name", NULL, NULL, 1, AWS_REQUIRED },
    { "valueFrom", NULL, NULL, 1, AWS_REQUIRED },
    { "containerName", NULL, NULL, 1, AWS_REQUIRED },
    { "condition", NULL, NULL, 66, AWS_REQUIRED },
    { "hostname", NULL, NULL, 1, AWS_REQUIRED },
    { "ipAddress", NULL, NULL, 1, AWS_REQUIRED },
    { "name", NULL, NULL, 73, AWS_REQUIRED },
    { "softLimit", NULL, NULL, 23, AWS_REQUIRED },
    { "hardLimit", NULL, NULL, 23, AWS_REQUIRED },
    { "logDriver", NULL, NULL, 75, AWS_REQUIRED },
    { "options", NULL, NULL, 76, 0 },
    { "secretOptions", NULL, NULL, 62, 0 },
    { "command", NULL, NULL, 15, AWS_REQUIRED },
    { "interval", NULL, NULL, 38, 0 },
    { "timeout", NULL, NULL, 38, 0 },
    { "retries", NULL, NULL, 38, 0 },
    { "startPeriod", NULL, NULL, 38, 0 },
    { "namespace", NULL, NULL, 1, 0 },
    { "value", NULL, NULL, 1, 0 },
    { "value", NULL, NULL, 1, AWS_REQUIRED },
    { "type", NULL, NULL, 82, AWS_REQUIRED },
    { "type", NULL, NULL, 84, AWS_REQUIRED },
    { "options", NULL, NULL, 85, 0 },
    { "name", NULL, NULL, 1, 0 },
    { "host", NULL, NULL, 89, 0 },
    { "dockerVolumeConfiguration", NULL, NULL, 90, 0 },
    { "efsVolumeConfiguration", NULL, NULL, 93, 0 },
    { "s3filesVolumeConfiguration", NULL, NULL, 97, 0 },
    { "fsxWindowsFileServerVolumeConfiguration", NULL, NULL, 98, 0 },
    { "configuredAtLaunch", NULL, NULL, 43, 0 },
    { "sourcePath", NULL, NULL, 1, 0 },
    { "scope", NULL, NULL, 91, 0 },
    { "autoprovision", NULL, NULL, 43, 0 },
    { "driver", NULL, NULL, 1, 0 },
    { "driverOpts", NULL, NULL, 92, 0 },
    { "labels", NULL, NULL, 92, 0 },
    { "fileSystemId", NULL, NULL, 1, AWS_REQUIRED },
    { "rootDirectory", NULL, NULL, 1, 0 },
    { "transitEncryption", NULL, NULL, 94, 0 },
    { "transitEncryptionPort", NULL, NULL, 38, 0 },
    { "authorizationConfig", NULL, NULL, 95, 0 },
    { "accessPointId", NULL, NULL, 1, 0 },
    { "iam", NULL, NULL, 96, 0 },
    { "fileSystemArn", NULL, NULL, 1, AWS_REQUIRED },
    { "rootDirectory", NULL, NULL, 1, 0 },
    { "transitEncryptionPort", NULL, NULL, 38, 0 },
    { "accessPointArn", NULL, NULL, 1, 0 },
    { "fileSystemId", NULL, NULL, 1, AWS_REQUIRED },
    { "rootDirectory", NULL, NULL, 1, AWS_REQUIRED },
    { "authorizationConfig", NULL, NULL, 99, AWS_REQUIRED },
    { "credentialsParameter", NULL, NULL, 1, AWS_REQUIRED },
    { "domain", NULL, NULL, 1, AWS_REQUIRED },
    { "name", NULL, NULL, 1, AWS_REQUIRED },
    { "value", NULL, NULL, 1, 0 },
    { "targetType", NULL, NULL, 103, 0 },
    { "targetId", NULL, NULL, 1, 0 },
    { "type", NULL, NULL, 106, 0 },
    { "expression", NULL, NULL, 1, 0 },
    { "cpuArchitecture", NULL, NULL, 110, 0 },
    { "operatingSystemFamily", NULL, NULL, 111, 0 },
    { "deviceName", NULL, NULL, 1, AWS_REQUIRED },
    { "deviceType", NULL, NULL, 1, AWS_REQUIRED },
    { "type", NULL, NULL, 117, 0 },
    { "containerName", NULL, NULL, 1, AWS_REQUIRED },
    { "properties", NULL, NULL, 118, 0 },
    { "sizeInGiB", NULL, NULL, 23, AWS_REQUIRED },
    { "clusters", NULL, NULL, 15, 0 },
    { "include", NULL, NULL, 122, 0 },
    { "clusters", NULL, NULL, 125, 0 },
    { "failures", NULL, NULL, 126, 0 },
    { "arn", NULL, NULL, 1, 0 },
    { "reason", NULL, NULL, 1, 0 },
    { "detail", NULL, NULL, 1, 0 },
    { "taskDefinition", NULL, NULL, 1, AWS_REQUIRED },
    { "include", NULL, NULL, 129, 0 },
    { "taskDefinition", NULL, NULL, 34, 0 },
    { "tags", NULL, NULL, 2, 0 },
    { "familyPrefix", NULL, NULL, 1, 0 },
    { "status", NULL, NULL, 100, 0 },
    { "sort", NULL, NULL, 133, 0 },
    { "nextToken", NULL, NULL, 1, 0 },
    { "maxResults", NULL, NULL, 38, 0 },
    { "taskDefinitionArns", NULL, NULL, 15, 0 },
    { "nextToken", NULL, NULL, 1, 0 },
    { "family", NULL, NULL, 1, AWS_REQUIRED },
    { "taskRoleArn", NULL, NULL, 1, 0 },
    { "executionRoleArn", NULL, NULL, 1, 0 },
    { "networkMode", NULL, NULL, 86, 0 },
    { "containerDefinitions", NULL, NULL, 35, AWS_REQUIRED },
    { "volumes", NULL, NULL, 87, 0 },
    { "placementConstraints", NULL, NULL, 104, 0 },
    { "requiresCompatibilities", NULL, NULL, 107, 0 },
    { "cpu", NULL, NULL, 1, 0 },
    { "memory", NULL, NULL, 1, 0 },
    { "tags", NULL, NULL, 2, 0 },
    { "pidMode", NULL, NULL, 114, 0 },
    { "ipcMode", NULL, NULL, 115, 0 },
    { "proxyConfiguration", NULL, NULL, 116, 0 },
    { "inferenceAccelerators", NULL, NULL, 112, 0 },
    { "ephemeralStorage", NULL, NULL, 120, 0 },
    { "runtimePlatform", NULL, NULL, 109, 0 },
    { "enableFaultInjection", NULL, NULL, 43, 0 },
    { "taskDefinition", NULL, NULL, 34, 0 },
    { "tags", NULL, NULL, 2, 0 },
    { "resourceArn", NULL, NULL, 1, AWS_REQUIRED },
    { "tags", NULL, NULL, 2, AWS_REQUIRED },
    { "resourceArn", NULL, NULL, 1, AWS_REQUIRED },
    { "tagKeys", NULL, NULL, 140, AWS_REQUIRED },
    { "cluster", NULL, NULL, 1, AWS_REQUIRED },
    { "settings", NULL, NULL, 6, 0 },
    { "configuration", NULL, NULL, 9, 0 },
    { "serviceConnectDefaults", NULL, NULL, 20, 0 },
    { "cluster", NULL, NULL, 22, 0 },
};

static const aws_shape shapes[] = {
    { AWS_STRUCT, 0, 0, 7, 0, 0, NULL, NULL }, /* 0 CreateClusterRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 1 String */
    { AWS_LIST, 0, 0, 0, 0, 3, NULL, NULL }, /* 2 Tags */
    { AWS_STRUCT, 0, 7, 2, 0, 0, NULL, NULL }, /* 3 Tag */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 4 TagKey */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 5 TagValue */
    { AWS_LIST, 0, 0, 0, 0, 7, NULL, NULL }, /* 6 ClusterSettings */
    { AWS_STRUCT, 0, 9, 2, 0, 0, NULL, NULL }, /* 7 ClusterSetting */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 8 ClusterSettingName */
    { AWS_STRUCT, 0, 11, 2, 0, 0, NULL, NULL }, /* 9 ClusterConfiguration */
    { AWS_STRUCT, 0, 13, 3, 0, 0, NULL, NULL }, /* 10 ExecuteCommandConfiguration */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 11 ExecuteCommandLogging */
    { AWS_STRUCT, 0, 16, 5, 0, 0, NULL, NULL }, /* 12 ExecuteCommandLogConfiguration */
    { AWS_BOOLEAN, 0, 0, 0, 0, 0, NULL, NULL }, /* 13 Boolean */
    { AWS_STRUCT, 0, 21, 2, 0, 0, NULL, NULL }, /* 14 ManagedStorageConfiguration */
    { AWS_LIST, 0, 0, 0, 0, 1, NULL, NULL }, /* 15 StringList */
    { AWS_LIST, 0, 0, 0, 0, 17, NULL, NULL }, /* 16 CapacityProviderStrategy */
    { AWS_STRUCT, 0, 23, 3, 0, 0, NULL, NULL }, /* 17 CapacityProviderStrategyItem */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 18 CapacityProviderStrategyItemWeight */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 19 CapacityProviderStrategyItemBase */
    { AWS_STRUCT, 0, 26, 1, 0, 0, NULL, NULL }, /* 20 ClusterServiceConnectDefaultsRequest */
    { AWS_STRUCT, 0, 27, 1, 0, 0, NULL, NULL }, /* 21 CreateClusterResponse */
    { AWS_STRUCT, 0, 28, 16, 0, 0, NULL, NULL }, /* 22 Cluster */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 23 Integer */
    { AWS_LIST, 0, 0, 0, 0, 25, NULL, NULL }, /* 24 Statistics */
    { AWS_STRUCT, 0, 44, 2, 0, 0, NULL, NULL }, /* 25 KeyValuePair */
    { AWS_LIST, 0, 0, 0, 0, 27, NULL, NULL }, /* 26 Attachments */
    { AWS_STRUCT, 0, 46, 4, 0, 0, NULL, NULL }, /* 27 Attachment */
    { AWS_LIST, 0, 0, 0, 0, 25, NULL, NULL }, /* 28 AttachmentDetails */
    { AWS_STRUCT, 0, 50, 1, 0, 0, NULL, NULL }, /* 29 ClusterServiceConnectDefaults */
    { AWS_STRUCT, 0, 51, 1, 0, 0, NULL, NULL }, /* 30 DeleteClusterRequest */
    { AWS_STRUCT, 0, 52, 1, 0, 0, NULL, NULL }, /* 31 DeleteClusterResponse */
    { AWS_STRUCT, 0, 53, 1, 0, 0, NULL, NULL }, /* 32 DeregisterTaskDefinitionRequest */
    { AWS_STRUCT, 0, 54, 1, 0, 0, NULL, NULL }, /* 33 DeregisterTaskDefinitionResponse */
    { AWS_STRUCT, 0, 55, 26, 0, 0, NULL, NULL }, /* 34 TaskDefinition */
    { AWS_LIST, 0, 0, 0, 0, 36, NULL, NULL }, /* 35 ContainerDefinitions */
    { AWS_STRUCT, 0, 81, 42, 0, 0, NULL, NULL }, /* 36 ContainerDefinition */
    { AWS_STRUCT, 0, 123, 1, 0, 0, NULL, NULL }, /* 37 RepositoryCredentials */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 38 BoxedInteger */
    { AWS_LIST, 0, 0, 0, 0, 40, NULL, NULL }, /* 39 PortMappingList */
    { AWS_STRUCT, 0, 124, 6, 0, 0, NULL, NULL }, /* 40 PortMapping */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 41 TransportProtocol */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 42 ApplicationProtocol */
    { AWS_BOOLEAN, 0, 0, 0, 0, 0, NULL, NULL }, /* 43 BoxedBoolean */
    { AWS_STRUCT, 0, 130, 3, 0, 0, NULL, NULL }, /* 44 ContainerRestartPolicy */
    { AWS_LIST, 0, 0, 0, 0, 38, NULL, NULL }, /* 45 IntegerList */
    { AWS_LIST, 0, 0, 0, 0, 25, NULL, NULL }, /* 46 EnvironmentVariables */
    { AWS_LIST, 0, 0, 0, 0, 48, NULL, NULL }, /* 47 EnvironmentFiles */
    { AWS_STRUCT, 0, 133, 2, 0, 0, NULL, NULL }, /* 48 EnvironmentFile */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 49 EnvironmentFileType */
    { AWS_LIST, 0, 0, 0, 0, 51, NULL, NULL }, /* 50 MountPointList */
    { AWS_STRUCT, 0, 135, 3, 0, 0, NULL, NULL }, /* 51 MountPoint */
    { AWS_LIST, 0, 0, 0, 0, 53, NULL, NULL }, /* 52 VolumeFromList */
    { AWS_STRUCT, 0, 138, 2, 0, 0, NULL, NULL }, /* 53 VolumeFrom */
    { AWS_STRUCT, 0, 140, 7, 0, 0, NULL, NULL }, /* 54 LinuxParameters */
    { AWS_STRUCT, 0, 147, 2, 0, 0, NULL, NULL }, /* 55 KernelCapabilities */
    { AWS_LIST, 0, 0, 0, 0, 57, NULL, NULL }, /* 56 DevicesList */
    { AWS_STRUCT, 0, 149, 3, 0, 0, NULL, NULL }, /* 57 Device */
    { AWS_LIST, 0, 0, 0, 0, 59, NULL, NULL }, /* 58 DeviceCgroupPermissions */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 59 DeviceCgroupPermission */
    { AWS_LIST, 0, 0, 0, 0, 61, NULL, NULL }, /* 60 TmpfsList */
    { AWS_STRUCT, 0, 152, 3, 0, 0, NULL, NULL }, /* 61 Tmpfs */
    { AWS_LIST, 0, 0, 0, 0, 63, NULL, NULL }, /* 62 SecretList */
    { AWS_STRUCT, 0, 155, 2, 0, 0, NULL, NULL }, /* 63 Secret */
    { AWS_LIST, 0, 0, 0, 0, 65, NULL, NULL }, /* 64 ContainerDependencies */
    { AWS_STRUCT, 0, 157, 2, 0, 0, NULL, NULL }, /* 65 ContainerDependency */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 66 ContainerCondition */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 67 VersionConsistency */
    { AWS_LIST, 0, 0, 0, 0, 69, NULL, NULL }, /* 68 HostEntryList */
    { AWS_STRUCT, 0, 159, 2, 0, 0, NULL, NULL }, /* 69 HostEntry */
    { AWS_MAP, 0, 0, 0, 1, 1, NULL, NULL }, /* 70 DockerLabelsMap */
    { AWS_LIST, 0, 0, 0, 0, 72, NULL, NULL }, /* 71 UlimitList */
    { AWS_STRUCT, 0, 161, 3, 0, 0, NULL, NULL }, /* 72 Ulimit */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 73 UlimitName */
    { AWS_STRUCT, 0, 164, 3, 0, 0, NULL, NULL }, /* 74 LogConfiguration */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 75 LogDriver */
    { AWS_MAP, 0, 0, 0, 1, 1, NULL, NULL }, /* 76 LogConfigurationOptionsMap */
    { AWS_STRUCT, 0, 167, 5, 0, 0, NULL, NULL }, /* 77 HealthCheck */
    { AWS_LIST, 0, 0, 0, 0, 79, NULL, NULL }, /* 78 SystemControls */
    { AWS_STRUCT, 0, 172, 2, 0, 0, NULL, NULL }, /* 79 SystemControl */
    { AWS_LIST, 0, 0, 0, 0, 81, NULL, NULL }, /* 80 ResourceRequirements */
    { AWS_STRUCT, 0, 174, 2, 0, 0, NULL, NULL }, /* 81 ResourceRequirement */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 82 ResourceType */
    { AWS_STRUCT, 0, 176, 2, 0, 0, NULL, NULL }, /* 83 FirelensConfiguration */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 84 FirelensConfigurationType */
    { AWS_MAP, 0, 0, 0, 1, 1, NULL, NULL }, /* 85 FirelensConfigurationOptionsMap */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 86 NetworkMode */
    { AWS_LIST, 0, 0, 0, 0, 88, NULL, NULL }, /* 87 VolumeList */
    { AWS_STRUCT, 0, 178, 7, 0, 0, NULL, NULL }, /* 88 Volume */
    { AWS_STRUCT, 0, 185, 1, 0, 0, NULL, NULL }, /* 89 HostVolumeProperties */
    { AWS_STRUCT, 0, 186, 5, 0, 0, NULL, NULL }, /* 90 DockerVolumeConfiguration */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 91 Scope */
    { AWS_MAP, 0, 0, 0, 1, 1, NULL, NULL }, /* 92 StringMap */
    { AWS_STRUCT, 0, 191, 5, 0, 0, NULL, NULL }, /* 93 EFSVolumeConfiguration */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 94 EFSTransitEncryption */
    { AWS_STRUCT, 0, 196, 2, 0, 0, NULL, NULL }, /* 95 EFSAuthorizationConfig */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 96 EFSAuthorizationConfigIAM */
    { AWS_STRUCT, 0, 198, 4, 0, 0, NULL, NULL }, /* 97 S3FilesVolumeConfiguration */
    { AWS_STRUCT, 0, 202, 3, 0, 0, NULL, NULL }, /* 98 FSxWindowsFileServerVolumeConfiguration */
    { AWS_STRUCT, 0, 205, 2, 0, 0, NULL, NULL }, /* 99 FSxWindowsFileServerAuthorizationConfig */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 100 TaskDefinitionStatus */
    { AWS_LIST, 0, 0, 0, 0, 102, NULL, NULL }, /* 101 RequiresAttributes */
    { AWS_STRUCT, 0, 207, 4, 0, 0, NULL, NULL }, /* 102 Attribute */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 103 TargetType */
    { AWS_LIST, 0, 0, 0, 0, 105, NULL, NULL }, /* 104 TaskDefinitionPlacementConstraints */
    { AWS_STRUCT, 0, 211, 2, 0, 0, NULL, NULL }, /* 105 TaskDefinitionPlacementConstraint */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 106 TaskDefinitionPlacementConstraintType */
    { AWS_LIST, 0, 0, 0, 0, 108, NULL, NULL }, /* 107 CompatibilityList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 108 Compatibility */
    { AWS_STRUCT, 0, 213, 2, 0, 0, NULL, NULL }, /* 109 RuntimePlatform */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 110 CPUArchitecture */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 111 OSFamily */
    { AWS_LIST, 0, 0, 0, 0, 113, NULL, NULL }, /* 112 InferenceAccelerators */
    { AWS_STRUCT, 0, 215, 2, 0, 0, NULL, NULL }, /* 113 InferenceAccelerator */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 114 PidMode */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 115 IpcMode */
    { AWS_STRUCT, 0, 217, 3, 0, 0, NULL, NULL }, /* 116 ProxyConfiguration */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 117 ProxyConfigurationType */
    { AWS_LIST, 0, 0, 0, 0, 25, NULL, NULL }, /* 118 ProxyConfigurationProperties */
    { AWS_TIMESTAMP, 0, 0, 0, 0, 0, NULL, NULL }, /* 119 Timestamp */
    { AWS_STRUCT, 0, 220, 1, 0, 0, NULL, NULL }, /* 120 EphemeralStorage */
    { AWS_STRUCT, 0, 221, 2, 0, 0, NULL, NULL }, /* 121 DescribeClustersRequest */
    { AWS_LIST, 0, 0, 0, 0, 123, NULL, NULL }, /* 122 ClusterFieldList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 123 ClusterField */
    { AWS_STRUCT, 0, 223, 2, 0, 0, NULL, NULL }, /* 124 DescribeClustersResponse */
    { AWS_LIST, 0, 0, 0, 0, 22, NULL, NULL }, /* 125 Clusters */
    { AWS_LIST, 0, 0, 0, 0, 127, NULL, NULL }, /* 126 Failures */
    { AWS_STRUCT, 0, 225, 3, 0, 0, NULL, NULL }, /* 127 Failure */
    { AWS_STRUCT, 0, 228, 2, 0, 0, NULL, NULL }, /* 128 DescribeTaskDefinitionRequest */
    { AWS_LIST, 0, 0, 0, 0, 130, NULL, NULL }, /* 129 TaskDefinitionFieldList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 130 TaskDefinitionField */
    { AWS_STRUCT, 0, 230, 2, 0, 0, NULL, NULL }, /* 131 DescribeTaskDefinitionResponse */
    { AWS_STRUCT, 0, 232, 5, 0, 0, NULL, NULL }, /* 132 ListTaskDefinitionsRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 133 SortOrder */
    { AWS_STRUCT, 0, 237, 2, 0, 0, NULL, NULL }, /* 134 ListTaskDefinitionsResponse */
    { AWS_STRUCT, 0, 239, 18, 0, 0, NULL, NULL }, /* 135 RegisterTaskDefinitionRequest */
    { AWS_STRUCT, 0, 257, 2, 0, 0, NULL, NULL }, /* 136 RegisterTaskDefinitionResponse */
    { AWS_STRUCT, 0, 259, 2, 0, 0, NULL, NULL }, /* 137 TagResourceRequest */
    { AWS_STRUCT, 0, 261, 0, 0, 0, NULL, NULL }, /* 138 TagResourceResponse */
    { AWS_STRUCT, 0, 261, 2, 0, 0, NULL, NULL }, /* 139 UntagResourceRequest */
    { AWS_LIST, 0, 0, 0, 0, 4, NULL, NULL }, /* 140 TagKeys */
    { AWS_STRUCT, 0, 263, 0, 0, 0, NULL, NULL }, /* 141 UntagResourceResponse */
    { AWS_STRUCT, 0, 263, 4, 0, 0, NULL, NULL }, /* 142 UpdateClusterRequest */
    { AWS_STRUCT, 0, 267, 1, 0, 0, NULL, NULL }, /* 143 UpdateClusterResponse */
};

static const aws_op ops[] = {
    { "CreateCluster", 0, 21, NULL },
    { "DeleteCluster", 30, 31, NULL },
    { "DeregisterTaskDefinition", 32, 33, NULL },
    { "DescribeClusters", 121, 124, NULL },
    { "DescribeTaskDefinition", 128, 131, NULL },
    { "ListTaskDefinitions", 132, 134, NULL },
    { "RegisterTaskDefinition", 135, 136, NULL },
    { "TagResource", 137, 138, NULL },
    { "UntagResource", 139, 141, NULL },
    { "UpdateCluster", 142, 143, NULL },
};

static const char *const errors[] = {
    "AccessDeniedException",
    "ClientException",
    "ClusterContainsCapacityProviderException",
    "ClusterContainsContainerInstancesException",
    "ClusterContainsServicesException",
    "ClusterContainsTasksException",
    "ClusterNotFoundException",
    "InvalidParameterException",
    "LimitExceededException",
    "NamespaceNotFoundException",
    "ResourceNotFoundException",
    "ServerException",
    "UpdateInProgressException",
    NULL,
};

const aws_service aws_service_ecs = {
    .name = "ecs",
    .id = "ECS",
    .endpoint_prefix = "ecs",
    .signing_name = "ecs",
    .protocol = AWS_PROTOCOL_JSON,
    .api_version = "2014-11-13",
    .target_prefix = "AmazonEC2ContainerServiceV20141113",
    .json_version = "1.1",
    .members = members,
    .shapes = shapes,
    .ops = ops,
    .errors = errors,
    .op_count = 10,
};
