/* svc_ec2.c - API shapes of EC2. Written by generate.py from botocore 1.43.11; do not edit. See NOTICE. */
#include "providers/aws/shape.h"

static const aws_member members[] = {
    { "Ipv6IpamPoolId", NULL, NULL, 1, 0 },
    { "Ipv6NetmaskLength", NULL, NULL, 2, 0 },
    { "SubnetId", NULL, "subnetId", 3, AWS_REQUIRED },
    { "Ipv6CidrBlock", NULL, "ipv6CidrBlock", 4, 0 },
    { "Ipv6CidrBlockAssociation", NULL, "ipv6CidrBlockAssociation", 6, 0 },
    { "SubnetId", NULL, "subnetId", 4, 0 },
    { "AssociationId", NULL, "associationId", 7, 0 },
    { "Ipv6CidrBlock", NULL, "ipv6CidrBlock", 4, 0 },
    { "Ipv6CidrBlockState", NULL, "ipv6CidrBlockState", 8, 0 },
    { "Ipv6AddressAttribute", NULL, "ipv6AddressAttribute", 10, 0 },
    { "IpSource", NULL, "ipSource", 11, 0 },
    { "State", NULL, "state", 9, 0 },
    { "StatusMessage", NULL, "statusMessage", 4, 0 },
    { "CidrBlock", NULL, NULL, 4, 0 },
    { "Ipv6CidrBlockNetworkBorderGroup", NULL, NULL, 4, 0 },
    { "Ipv6Pool", NULL, NULL, 13, 0 },
    { "Ipv6CidrBlock", NULL, NULL, 4, 0 },
    { "Ipv4IpamPoolId", NULL, NULL, 1, 0 },
    { "Ipv4NetmaskLength", NULL, NULL, 2, 0 },
    { "Ipv6IpamPoolId", NULL, NULL, 1, 0 },
    { "Ipv6NetmaskLength", NULL, NULL, 2, 0 },
    { "VpcId", NULL, "vpcId", 14, AWS_REQUIRED },
    { "AmazonProvidedIpv6CidrBlock", NULL, "amazonProvidedIpv6CidrBlock", 15, 0 },
    { "Ipv6CidrBlockAssociation", NULL, "ipv6CidrBlockAssociation", 17, 0 },
    { "CidrBlockAssociation", NULL, "cidrBlockAssociation", 20, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "AssociationId", NULL, "associationId", 4, 0 },
    { "Ipv6CidrBlock", NULL, "ipv6CidrBlock", 4, 0 },
    { "Ipv6CidrBlockState", NULL, "ipv6CidrBlockState", 18, 0 },
    { "NetworkBorderGroup", NULL, "networkBorderGroup", 4, 0 },
    { "Ipv6Pool", NULL, "ipv6Pool", 4, 0 },
    { "Ipv6AddressAttribute", NULL, "ipv6AddressAttribute", 10, 0 },
    { "IpSource", NULL, "ipSource", 11, 0 },
    { "State", NULL, "state", 19, 0 },
    { "StatusMessage", NULL, "statusMessage", 4, 0 },
    { "AssociationId", NULL, "associationId", 4, 0 },
    { "CidrBlock", NULL, "cidrBlock", 4, 0 },
    { "CidrBlockState", NULL, "cidrBlockState", 18, 0 },
    { "TagSpecifications", "TagSpecification", "TagSpecification", 22, 0 },
    { "AvailabilityZone", NULL, NULL, 4, 0 },
    { "AvailabilityZoneId", NULL, NULL, 4, 0 },
    { "CidrBlock", NULL, NULL, 4, 0 },
    { "Ipv6CidrBlock", NULL, NULL, 4, 0 },
    { "OutpostArn", NULL, NULL, 4, 0 },
    { "VpcId", NULL, NULL, 14, AWS_REQUIRED },
    { "Ipv6Native", NULL, NULL, 15, 0 },
    { "Ipv4IpamPoolId", NULL, NULL, 1, 0 },
    { "Ipv4NetmaskLength", NULL, NULL, 2, 0 },
    { "Ipv6IpamPoolId", NULL, NULL, 1, 0 },
    { "Ipv6NetmaskLength", NULL, NULL, 2, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "ResourceType", NULL, "resourceType", 24, 0 },
    { "Tags", "Tag", "Tag", 25, 0 },
    { "Key", NULL, "key", 4, 0 },
    { "Value", NULL, "value", 4, 0 },
    { "Subnet", NULL, "subnet", 28, 0 },
    { "AvailabilityZoneId", NULL, "availabilityZoneId", 4, 0 },
    { "EnableLniAtDeviceIndex", NULL, "enableLniAtDeviceIndex", 29, 0 },
    { "MapCustomerOwnedIpOnLaunch", NULL, "mapCustomerOwnedIpOnLaunch", 15, 0 },
    { "CustomerOwnedIpv4Pool", NULL, "customerOwnedIpv4Pool", 30, 0 },
    { "OwnerId", NULL, "ownerId", 4, 0 },
    { "AssignIpv6AddressOnCreation", NULL, "assignIpv6AddressOnCreation", 15, 0 },
    { "Ipv6CidrBlockAssociationSet", NULL, "ipv6CidrBlockAssociationSet", 31, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "SubnetArn", NULL, "subnetArn", 4, 0 },
    { "OutpostArn", NULL, "outpostArn", 4, 0 },
    { "EnableDns64", NULL, "enableDns64", 15, 0 },
    { "Ipv6Native", NULL, "ipv6Native", 15, 0 },
    { "PrivateDnsNameOptionsOnLaunch", NULL, "privateDnsNameOptionsOnLaunch", 32, 0 },
    { "BlockPublicAccessStates", NULL, "blockPublicAccessStates", 34, 0 },
    { "Type", NULL, "type", 4, 0 },
    { "SubnetId", NULL, "subnetId", 4, 0 },
    { "State", NULL, "state", 36, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "CidrBlock", NULL, "cidrBlock", 4, 0 },
    { "AvailableIpAddressCount", NULL, "availableIpAddressCount", 29, 0 },
    { "AvailabilityZone", NULL, "availabilityZone", 4, 0 },
    { "DefaultForAz", NULL, "defaultForAz", 15, 0 },
    { "MapPublicIpOnLaunch", NULL, "mapPublicIpOnLaunch", 15, 0 },
    { "HostnameType", NULL, "hostnameType", 33, 0 },
    { "EnableResourceNameDnsARecord", NULL, "enableResourceNameDnsARecord", 15, 0 },
    { "EnableResourceNameDnsAAAARecord", NULL, "enableResourceNameDnsAAAARecord", 15, 0 },
    { "InternetGatewayBlockMode", NULL, "internetGatewayBlockMode", 35, 0 },
    { "CidrBlock", NULL, NULL, 4, 0 },
    { "Ipv6Pool", NULL, NULL, 13, 0 },
    { "Ipv6CidrBlock", NULL, NULL, 4, 0 },
    { "Ipv4IpamPoolId", NULL, NULL, 1, 0 },
    { "Ipv4NetmaskLength", NULL, NULL, 2, 0 },
    { "Ipv6IpamPoolId", NULL, NULL, 1, 0 },
    { "Ipv6NetmaskLength", NULL, NULL, 2, 0 },
    { "Ipv6CidrBlockNetworkBorderGroup", NULL, NULL, 4, 0 },
    { "VpcEncryptionControl", NULL, NULL, 38, 0 },
    { "TagSpecifications", "TagSpecification", "TagSpecification", 22, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "InstanceTenancy", NULL, "instanceTenancy", 41, 0 },
    { "AmazonProvidedIpv6CidrBlock", NULL, "amazonProvidedIpv6CidrBlock", 15, 0 },
    { "Mode", NULL, NULL, 39, AWS_REQUIRED },
    { "InternetGatewayExclusion", NULL, NULL, 40, 0 },
    { "EgressOnlyInternetGatewayExclusion", NULL, NULL, 40, 0 },
    { "NatGatewayExclusion", NULL, NULL, 40, 0 },
    { "VirtualPrivateGatewayExclusion", NULL, NULL, 40, 0 },
    { "VpcPeeringExclusion", NULL, NULL, 40, 0 },
    { "LambdaExclusion", NULL, NULL, 40, 0 },
    { "VpcLatticeExclusion", NULL, NULL, 40, 0 },
    { "ElasticFileSystemExclusion", NULL, NULL, 40, 0 },
    { "Vpc", NULL, "vpc", 43, 0 },
    { "OwnerId", NULL, "ownerId", 4, 0 },
    { "InstanceTenancy", NULL, "instanceTenancy", 41, 0 },
    { "Ipv6CidrBlockAssociationSet", NULL, "ipv6CidrBlockAssociationSet", 44, 0 },
    { "CidrBlockAssociationSet", NULL, "cidrBlockAssociationSet", 45, 0 },
    { "IsDefault", NULL, "isDefault", 15, 0 },
    { "EncryptionControl", NULL, "encryptionControl", 46, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "BlockPublicAccessStates", NULL, "blockPublicAccessStates", 34, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "State", NULL, "state", 52, 0 },
    { "CidrBlock", NULL, "cidrBlock", 4, 0 },
    { "DhcpOptionsId", NULL, "dhcpOptionsId", 4, 0 },
    { "VpcId", NULL, "vpcId", 14, 0 },
    { "VpcEncryptionControlId", NULL, "vpcEncryptionControlId", 47, 0 },
    { "Mode", NULL, "mode", 39, 0 },
    { "State", NULL, "state", 48, 0 },
    { "StateMessage", NULL, "stateMessage", 4, 0 },
    { "ResourceExclusions", NULL, "resourceExclusions", 49, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "InternetGateway", NULL, "internetGateway", 50, 0 },
    { "EgressOnlyInternetGateway", NULL, "egressOnlyInternetGateway", 50, 0 },
    { "NatGateway", NULL, "natGateway", 50, 0 },
    { "VirtualPrivateGateway", NULL, "virtualPrivateGateway", 50, 0 },
    { "VpcPeering", NULL, "vpcPeering", 50, 0 },
    { "Lambda", NULL, "lambda", 50, 0 },
    { "VpcLattice", NULL, "vpcLattice", 50, 0 },
    { "ElasticFileSystem", NULL, "elasticFileSystem", 50, 0 },
    { "State", NULL, "state", 51, 0 },
    { "StateMessage", NULL, "stateMessage", 4, 0 },
    { "SubnetId", NULL, NULL, 3, AWS_REQUIRED },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "VpcId", NULL, NULL, 14, AWS_REQUIRED },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "ZoneNames", "ZoneName", "ZoneName", 56, 0 },
    { "ZoneIds", "ZoneId", "ZoneId", 57, 0 },
    { "AllAvailabilityZones", NULL, NULL, 15, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "Filters", "Filter", "Filter", 58, 0 },
    { "Name", NULL, NULL, 4, 0 },
    { "Values", "Value", "Value", 60, 0 },
    { "AvailabilityZones", "AvailabilityZoneInfo", "availabilityZoneInfo", 62, 0 },
    { "OptInStatus", NULL, "optInStatus", 64, 0 },
    { "Messages", "MessageSet", "messageSet", 65, 0 },
    { "RegionName", NULL, "regionName", 4, 0 },
    { "ZoneName", NULL, "zoneName", 4, 0 },
    { "ZoneId", NULL, "zoneId", 4, 0 },
    { "GroupName", NULL, "groupName", 4, 0 },
    { "NetworkBorderGroup", NULL, "networkBorderGroup", 4, 0 },
    { "ZoneType", NULL, "zoneType", 4, 0 },
    { "ParentZoneName", NULL, "parentZoneName", 4, 0 },
    { "ParentZoneId", NULL, "parentZoneId", 4, 0 },
    { "GroupLongName", NULL, "groupLongName", 4, 0 },
    { "Geography", "GeographySet", "geographySet", 67, 0 },
    { "SubGeography", "SubGeographySet", "subGeographySet", 69, 0 },
    { "State", "ZoneState", "zoneState", 71, 0 },
    { "Message", NULL, "message", 4, 0 },
    { "Name", NULL, "name", 4, 0 },
    { "Name", NULL, "name", 4, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 73, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "NetworkAclIds", "NetworkAclId", "NetworkAclId", 74, 0 },
    { "Filters", "Filter", "Filter", 58, 0 },
    { "NetworkAcls", "NetworkAclSet", "networkAclSet", 77, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "Associations", "AssociationSet", "associationSet", 79, 0 },
    { "Entries", "EntrySet", "entrySet", 81, 0 },
    { "IsDefault", "Default", "default", 15, 0 },
    { "NetworkAclId", NULL, "networkAclId", 4, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "OwnerId", NULL, "ownerId", 4, 0 },
    { "NetworkAclAssociationId", NULL, "networkAclAssociationId", 4, 0 },
    { "NetworkAclId", NULL, "networkAclId", 4, 0 },
    { "SubnetId", NULL, "subnetId", 4, 0 },
    { "CidrBlock", NULL, "cidrBlock", 4, 0 },
    { "Egress", NULL, "egress", 15, 0 },
    { "IcmpTypeCode", NULL, "icmpTypeCode", 83, 0 },
    { "Ipv6CidrBlock", NULL, "ipv6CidrBlock", 4, 0 },
    { "PortRange", NULL, "portRange", 84, 0 },
    { "Protocol", NULL, "protocol", 4, 0 },
    { "RuleAction", NULL, "ruleAction", 85, 0 },
    { "RuleNumber", NULL, "ruleNumber", 29, 0 },
    { "Code", NULL, "code", 29, 0 },
    { "Type", NULL, "type", 29, 0 },
    { "From", NULL, "from", 29, 0 },
    { "To", NULL, "to", 29, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 87, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "RouteTableIds", "RouteTableId", "RouteTableId", 88, 0 },
    { "Filters", "Filter", "Filter", 58, 0 },
    { "RouteTables", "RouteTableSet", "routeTableSet", 91, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "Associations", "AssociationSet", "associationSet", 93, 0 },
    { "PropagatingVgws", "PropagatingVgwSet", "propagatingVgwSet", 97, 0 },
    { "RouteTableId", NULL, "routeTableId", 4, 0 },
    { "Routes", "RouteSet", "routeSet", 99, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "OwnerId", NULL, "ownerId", 4, 0 },
    { "Main", NULL, "main", 15, 0 },
    { "RouteTableAssociationId", NULL, "routeTableAssociationId", 4, 0 },
    { "RouteTableId", NULL, "routeTableId", 4, 0 },
    { "SubnetId", NULL, "subnetId", 4, 0 },
    { "GatewayId", NULL, "gatewayId", 4, 0 },
    { "PublicIpv4Pool", NULL, "publicIpv4Pool", 4, 0 },
    { "AssociationState", NULL, "associationState", 95, 0 },
    { "State", NULL, "state", 96, 0 },
    { "StatusMessage", NULL, "statusMessage", 4, 0 },
    { "GatewayId", NULL, "gatewayId", 4, 0 },
    { "DestinationCidrBlock", NULL, "destinationCidrBlock", 4, 0 },
    { "DestinationIpv6CidrBlock", NULL, "destinationIpv6CidrBlock", 4, 0 },
    { "DestinationPrefixListId", NULL, "destinationPrefixListId", 4, 0 },
    { "EgressOnlyInternetGatewayId", NULL, "egressOnlyInternetGatewayId", 4, 0 },
    { "GatewayId", NULL, "gatewayId", 4, 0 },
    { "InstanceId", NULL, "instanceId", 4, 0 },
    { "InstanceOwnerId", NULL, "instanceOwnerId", 4, 0 },
    { "NatGatewayId", NULL, "natGatewayId", 4, 0 },
    { "TransitGatewayId", NULL, "transitGatewayId", 4, 0 },
    { "LocalGatewayId", NULL, "localGatewayId", 4, 0 },
    { "CarrierGatewayId", NULL, "carrierGatewayId", 101, 0 },
    { "NetworkInterfaceId", NULL, "networkInterfaceId", 4, 0 },
    { "Origin", NULL, "origin", 102, 0 },
    { "State", NULL, "state", 103, 0 },
    { "VpcPeeringConnectionId", NULL, "vpcPeeringConnectionId", 4, 0 },
    { "CoreNetworkArn", NULL, "coreNetworkArn", 104, 0 },
    { "OdbNetworkArn", NULL, "odbNetworkArn", 105, 0 },
    { "IpAddress", NULL, "ipAddress", 4, 0 },
    { "GroupIds", "GroupId", "GroupId", 107, 0 },
    { "GroupNames", "GroupName", "GroupName", 109, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 111, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "Filters", "Filter", "Filter", 58, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "SecurityGroups", "SecurityGroupInfo", "securityGroupInfo", 113, 0 },
    { "GroupId", NULL, "groupId", 4, 0 },
    { "IpPermissionsEgress", NULL, "ipPermissionsEgress", 115, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "SecurityGroupArn", NULL, "securityGroupArn", 4, 0 },
    { "OwnerId", NULL, "ownerId", 4, 0 },
    { "GroupName", NULL, "groupName", 4, 0 },
    { "Description", "GroupDescription", "groupDescription", 4, 0 },
    { "IpPermissions", NULL, "ipPermissions", 115, 0 },
    { "IpProtocol", NULL, "ipProtocol", 4, 0 },
    { "FromPort", NULL, "fromPort", 29, 0 },
    { "ToPort", NULL, "toPort", 29, 0 },
    { "UserIdGroupPairs", "Groups", "groups", 117, 0 },
    { "IpRanges", NULL, "ipRanges", 119, 0 },
    { "Ipv6Ranges", NULL, "ipv6Ranges", 121, 0 },
    { "PrefixListIds", NULL, "prefixListIds", 123, 0 },
    { "Description", NULL, "description", 4, 0 },
    { "UserId", NULL, "userId", 4, 0 },
    { "GroupName", NULL, "groupName", 4, 0 },
    { "GroupId", NULL, "groupId", 4, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "VpcPeeringConnectionId", NULL, "vpcPeeringConnectionId", 4, 0 },
    { "PeeringStatus", NULL, "peeringStatus", 4, 0 },
    { "Description", NULL, "description", 4, 0 },
    { "CidrIp", NULL, "cidrIp", 4, 0 },
    { "Description", NULL, "description", 4, 0 },
    { "CidrIpv6", NULL, "cidrIpv6", 4, 0 },
    { "Description", NULL, "description", 4, 0 },
    { "PrefixListId", NULL, "prefixListId", 4, 0 },
    { "Filters", "Filter", "Filter", 58, 0 },
    { "SubnetIds", "SubnetId", "SubnetId", 126, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 127, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "Subnets", "SubnetSet", "subnetSet", 129, 0 },
    { "Attribute", NULL, NULL, 131, AWS_REQUIRED },
    { "VpcId", NULL, NULL, 14, AWS_REQUIRED },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "EnableDnsHostnames", NULL, "enableDnsHostnames", 133, 0 },
    { "EnableDnsSupport", NULL, "enableDnsSupport", 133, 0 },
    { "EnableNetworkAddressUsageMetrics", NULL, "enableNetworkAddressUsageMetrics", 133, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "Value", NULL, "value", 15, 0 },
    { "Filters", "Filter", "Filter", 58, 0 },
    { "VpcIds", "VpcId", "VpcId", 135, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 136, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "Vpcs", "VpcSet", "vpcSet", 138, 0 },
    { "AssociationId", NULL, "associationId", 7, AWS_REQUIRED },
    { "Ipv6CidrBlockAssociation", NULL, "ipv6CidrBlockAssociation", 6, 0 },
    { "SubnetId", NULL, "subnetId", 4, 0 },
    { "AssociationId", NULL, "associationId", 142, AWS_REQUIRED },
    { "Ipv6CidrBlockAssociation", NULL, "ipv6CidrBlockAssociation", 17, 0 },
    { "CidrBlockAssociation", NULL, "cidrBlockAssociation", 20, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "AssignIpv6AddressOnCreation", NULL, NULL, 133, 0 },
    { "MapPublicIpOnLaunch", NULL, NULL, 133, 0 },
    { "SubnetId", NULL, "subnetId", 3, AWS_REQUIRED },
    { "MapCustomerOwnedIpOnLaunch", NULL, NULL, 133, 0 },
    { "CustomerOwnedIpv4Pool", NULL, NULL, 30, 0 },
    { "EnableDns64", NULL, NULL, 133, 0 },
    { "PrivateDnsHostnameTypeOnLaunch", NULL, NULL, 33, 0 },
    { "EnableResourceNameDnsARecordOnLaunch", NULL, NULL, 133, 0 },
    { "EnableResourceNameDnsAAAARecordOnLaunch", NULL, NULL, 133, 0 },
    { "EnableLniAtDeviceIndex", NULL, NULL, 29, 0 },
    { "DisableLniAtDeviceIndex", NULL, NULL, 133, 0 },
    { "EnableDnsHostnames", NULL, NULL, 133, 0 },
    { "EnableDnsSupport", NULL, NULL, 133, 0 },
    { "VpcId", NULL, "vpcId", 14, AWS_REQUIRED },
    { "EnableNetworkAddressUsageMetrics", NULL, NULL, 133, 0 },
    { "VpcId", NULL, NULL, 14, AWS_REQUIRED },
    { "InstanceTenancy", NULL, NULL, 147, AWS_REQUIRED },
    { "DryRun", NULL, NULL, 15, 0 },
    { "ReturnValue", "Return", "return", 15, 0 },
};

static const aws_shape shapes[] = {
    { AWS_STRUCT, 0, 0, 4, 0, 0, NULL, NULL }, /* 0 AssociateSubnetCidrBlockRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 1 IpamPoolId */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 2 NetmaskLength */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 3 SubnetId */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 4 String */
    { AWS_STRUCT, 0, 4, 2, 0, 0, NULL, NULL }, /* 5 AssociateSubnetCidrBlockResult */
    { AWS_STRUCT, 0, 6, 5, 0, 0, NULL, NULL }, /* 6 SubnetIpv6CidrBlockAssociation */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 7 SubnetCidrAssociationId */
    { AWS_STRUCT, 0, 11, 2, 0, 0, NULL, NULL }, /* 8 SubnetCidrBlockState */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 9 SubnetCidrBlockStateCode */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 10 Ipv6AddressAttribute */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 11 IpSource */
    { AWS_STRUCT, 0, 13, 10, 0, 0, NULL, NULL }, /* 12 AssociateVpcCidrBlockRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 13 Ipv6PoolEc2Id */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 14 VpcId */
    { AWS_BOOLEAN, 0, 0, 0, 0, 0, NULL, NULL }, /* 15 Boolean */
    { AWS_STRUCT, 0, 23, 3, 0, 0, NULL, NULL }, /* 16 AssociateVpcCidrBlockResult */
    { AWS_STRUCT, 0, 26, 7, 0, 0, NULL, NULL }, /* 17 VpcIpv6CidrBlockAssociation */
    { AWS_STRUCT, 0, 33, 2, 0, 0, NULL, NULL }, /* 18 VpcCidrBlockState */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 19 VpcCidrBlockStateCode */
    { AWS_STRUCT, 0, 35, 3, 0, 0, NULL, NULL }, /* 20 VpcCidrBlockAssociation */
    { AWS_STRUCT, 0, 38, 13, 0, 0, NULL, NULL }, /* 21 CreateSubnetRequest */
    { AWS_LIST, 0, 0, 0, 0, 23, "item", NULL }, /* 22 TagSpecificationList */
    { AWS_STRUCT, 0, 51, 2, 0, 0, NULL, NULL }, /* 23 TagSpecification */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 24 ResourceType */
    { AWS_LIST, 0, 0, 0, 0, 26, "item", NULL }, /* 25 TagList */
    { AWS_STRUCT, 0, 53, 2, 0, 0, NULL, NULL }, /* 26 Tag */
    { AWS_STRUCT, 0, 55, 1, 0, 0, NULL, NULL }, /* 27 CreateSubnetResult */
    { AWS_STRUCT, 0, 56, 23, 0, 0, NULL, NULL }, /* 28 Subnet */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 29 Integer */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 30 CoipPoolId */
    { AWS_LIST, 0, 0, 0, 0, 6, "item", NULL }, /* 31 SubnetIpv6CidrBlockAssociationSet */
    { AWS_STRUCT, 0, 79, 3, 0, 0, NULL, NULL }, /* 32 PrivateDnsNameOptionsOnLaunch */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 33 HostnameType */
    { AWS_STRUCT, 0, 82, 1, 0, 0, NULL, NULL }, /* 34 BlockPublicAccessStates */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 35 BlockPublicAccessMode */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 36 SubnetState */
    { AWS_STRUCT, 0, 83, 13, 0, 0, NULL, NULL }, /* 37 CreateVpcRequest */
    { AWS_STRUCT, 0, 96, 9, 0, 0, NULL, NULL }, /* 38 VpcEncryptionControlConfiguration */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 39 VpcEncryptionControlMode */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 40 VpcEncryptionControlExclusionStateInput */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 41 Tenancy */
    { AWS_STRUCT, 0, 105, 1, 0, 0, NULL, NULL }, /* 42 CreateVpcResult */
    { AWS_STRUCT, 0, 106, 12, 0, 0, NULL, NULL }, /* 43 Vpc */
    { AWS_LIST, 0, 0, 0, 0, 17, "item", NULL }, /* 44 VpcIpv6CidrBlockAssociationSet */
    { AWS_LIST, 0, 0, 0, 0, 20, "item", NULL }, /* 45 VpcCidrBlockAssociationSet */
    { AWS_STRUCT, 0, 118, 7, 0, 0, NULL, NULL }, /* 46 VpcEncryptionControl */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 47 VpcEncryptionControlId */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 48 VpcEncryptionControlState */
    { AWS_STRUCT, 0, 125, 8, 0, 0, NULL, NULL }, /* 49 VpcEncryptionControlExclusions */
    { AWS_STRUCT, 0, 133, 2, 0, 0, NULL, NULL }, /* 50 VpcEncryptionControlExclusion */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 51 VpcEncryptionControlExclusionState */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 52 VpcState */
    { AWS_STRUCT, 0, 135, 2, 0, 0, NULL, NULL }, /* 53 DeleteSubnetRequest */
    { AWS_STRUCT, 0, 137, 2, 0, 0, NULL, NULL }, /* 54 DeleteVpcRequest */
    { AWS_STRUCT, 0, 139, 5, 0, 0, NULL, NULL }, /* 55 DescribeAvailabilityZonesRequest */
    { AWS_LIST, 0, 0, 0, 0, 4, "ZoneName", NULL }, /* 56 ZoneNameStringList */
    { AWS_LIST, 0, 0, 0, 0, 4, "ZoneId", NULL }, /* 57 ZoneIdStringList */
    { AWS_LIST, 0, 0, 0, 0, 59, "Filter", NULL }, /* 58 FilterList */
    { AWS_STRUCT, 0, 144, 2, 0, 0, NULL, NULL }, /* 59 Filter */
    { AWS_LIST, 0, 0, 0, 0, 4, "item", NULL }, /* 60 ValueStringList */
    { AWS_STRUCT, 0, 146, 1, 0, 0, NULL, NULL }, /* 61 DescribeAvailabilityZonesResult */
    { AWS_LIST, 0, 0, 0, 0, 63, "item", NULL }, /* 62 AvailabilityZoneList */
    { AWS_STRUCT, 0, 147, 14, 0, 0, NULL, NULL }, /* 63 AvailabilityZone */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 64 AvailabilityZoneOptInStatus */
    { AWS_LIST, 0, 0, 0, 0, 66, "item", NULL }, /* 65 AvailabilityZoneMessageList */
    { AWS_STRUCT, 0, 161, 1, 0, 0, NULL, NULL }, /* 66 AvailabilityZoneMessage */
    { AWS_LIST, 0, 0, 0, 0, 68, "item", NULL }, /* 67 AvailabilityZoneGeographyList */
    { AWS_STRUCT, 0, 162, 1, 0, 0, NULL, NULL }, /* 68 AvailabilityZoneGeography */
    { AWS_LIST, 0, 0, 0, 0, 70, "item", NULL }, /* 69 AvailabilityZoneSubGeographyList */
    { AWS_STRUCT, 0, 163, 1, 0, 0, NULL, NULL }, /* 70 AvailabilityZoneSubGeography */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 71 AvailabilityZoneState */
    { AWS_STRUCT, 0, 164, 5, 0, 0, NULL, NULL }, /* 72 DescribeNetworkAclsRequest */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 73 DescribeNetworkAclsMaxResults */
    { AWS_LIST, 0, 0, 0, 0, 75, "item", NULL }, /* 74 NetworkAclIdStringList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 75 NetworkAclId */
    { AWS_STRUCT, 0, 169, 2, 0, 0, NULL, NULL }, /* 76 DescribeNetworkAclsResult */
    { AWS_LIST, 0, 0, 0, 0, 78, "item", NULL }, /* 77 NetworkAclList */
    { AWS_STRUCT, 0, 171, 7, 0, 0, NULL, NULL }, /* 78 NetworkAcl */
    { AWS_LIST, 0, 0, 0, 0, 80, "item", NULL }, /* 79 NetworkAclAssociationList */
    { AWS_STRUCT, 0, 178, 3, 0, 0, NULL, NULL }, /* 80 NetworkAclAssociation */
    { AWS_LIST, 0, 0, 0, 0, 82, "item", NULL }, /* 81 NetworkAclEntryList */
    { AWS_STRUCT, 0, 181, 8, 0, 0, NULL, NULL }, /* 82 NetworkAclEntry */
    { AWS_STRUCT, 0, 189, 2, 0, 0, NULL, NULL }, /* 83 IcmpTypeCode */
    { AWS_STRUCT, 0, 191, 2, 0, 0, NULL, NULL }, /* 84 PortRange */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 85 RuleAction */
    { AWS_STRUCT, 0, 193, 5, 0, 0, NULL, NULL }, /* 86 DescribeRouteTablesRequest */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 87 DescribeRouteTablesMaxResults */
    { AWS_LIST, 0, 0, 0, 0, 89, "item", NULL }, /* 88 RouteTableIdStringList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 89 RouteTableId */
    { AWS_STRUCT, 0, 198, 2, 0, 0, NULL, NULL }, /* 90 DescribeRouteTablesResult */
    { AWS_LIST, 0, 0, 0, 0, 92, "item", NULL }, /* 91 RouteTableList */
    { AWS_STRUCT, 0, 200, 7, 0, 0, NULL, NULL }, /* 92 RouteTable */
    { AWS_LIST, 0, 0, 0, 0, 94, "item", NULL }, /* 93 RouteTableAssociationList */
    { AWS_STRUCT, 0, 207, 7, 0, 0, NULL, NULL }, /* 94 RouteTableAssociation */
    { AWS_STRUCT, 0, 214, 2, 0, 0, NULL, NULL }, /* 95 RouteTableAssociationState */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 96 RouteTableAssociationStateCode */
    { AWS_LIST, 0, 0, 0, 0, 98, "item", NULL }, /* 97 PropagatingVgwList */
    { AWS_STRUCT, 0, 216, 1, 0, 0, NULL, NULL }, /* 98 PropagatingVgw */
    { AWS_LIST, 0, 0, 0, 0, 100, "item", NULL }, /* 99 RouteList */
    { AWS_STRUCT, 0, 217, 18, 0, 0, NULL, NULL }, /* 100 Route */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 101 CarrierGatewayId */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 102 RouteOrigin */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 103 RouteState */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 104 CoreNetworkArn */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 105 OdbNetworkArn */
    { AWS_STRUCT, 0, 235, 6, 0, 0, NULL, NULL }, /* 106 DescribeSecurityGroupsRequest */
    { AWS_LIST, 0, 0, 0, 0, 108, "groupId", NULL }, /* 107 GroupIdStringList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 108 SecurityGroupId */
    { AWS_LIST, 0, 0, 0, 0, 110, "GroupName", NULL }, /* 109 GroupNameStringList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 110 SecurityGroupName */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 111 DescribeSecurityGroupsMaxResults */
    { AWS_STRUCT, 0, 241, 2, 0, 0, NULL, NULL }, /* 112 DescribeSecurityGroupsResult */
    { AWS_LIST, 0, 0, 0, 0, 114, "item", NULL }, /* 113 SecurityGroupList */
    { AWS_STRUCT, 0, 243, 9, 0, 0, NULL, NULL }, /* 114 SecurityGroup */
    { AWS_LIST, 0, 0, 0, 0, 116, "item", NULL }, /* 115 IpPermissionList */
    { AWS_STRUCT, 0, 252, 7, 0, 0, NULL, NULL }, /* 116 IpPermission */
    { AWS_LIST, 0, 0, 0, 0, 118, "item", NULL }, /* 117 UserIdGroupPairList */
    { AWS_STRUCT, 0, 259, 7, 0, 0, NULL, NULL }, /* 118 UserIdGroupPair */
    { AWS_LIST, 0, 0, 0, 0, 120, "item", NULL }, /* 119 IpRangeList */
    { AWS_STRUCT, 0, 266, 2, 0, 0, NULL, NULL }, /* 120 IpRange */
    { AWS_LIST, 0, 0, 0, 0, 122, "item", NULL }, /* 121 Ipv6RangeList */
    { AWS_STRUCT, 0, 268, 2, 0, 0, NULL, NULL }, /* 122 Ipv6Range */
    { AWS_LIST, 0, 0, 0, 0, 124, "item", NULL }, /* 123 PrefixListIdList */
    { AWS_STRUCT, 0, 270, 2, 0, 0, NULL, NULL }, /* 124 PrefixListId */
    { AWS_STRUCT, 0, 272, 5, 0, 0, NULL, NULL }, /* 125 DescribeSubnetsRequest */
    { AWS_LIST, 0, 0, 0, 0, 3, "SubnetId", NULL }, /* 126 SubnetIdStringList */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 127 DescribeSubnetsMaxResults */
    { AWS_STRUCT, 0, 277, 2, 0, 0, NULL, NULL }, /* 128 DescribeSubnetsResult */
    { AWS_LIST, 0, 0, 0, 0, 28, "item", NULL }, /* 129 SubnetList */
    { AWS_STRUCT, 0, 279, 3, 0, 0, NULL, NULL }, /* 130 DescribeVpcAttributeRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 131 VpcAttributeName */
    { AWS_STRUCT, 0, 282, 4, 0, 0, NULL, NULL }, /* 132 DescribeVpcAttributeResult */
    { AWS_STRUCT, 0, 286, 1, 0, 0, NULL, NULL }, /* 133 AttributeBooleanValue */
    { AWS_STRUCT, 0, 287, 5, 0, 0, NULL, NULL }, /* 134 DescribeVpcsRequest */
    { AWS_LIST, 0, 0, 0, 0, 14, "VpcId", NULL }, /* 135 VpcIdStringList */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 136 DescribeVpcsMaxResults */
    { AWS_STRUCT, 0, 292, 2, 0, 0, NULL, NULL }, /* 137 DescribeVpcsResult */
    { AWS_LIST, 0, 0, 0, 0, 43, "item", NULL }, /* 138 VpcList */
    { AWS_STRUCT, 0, 294, 1, 0, 0, NULL, NULL }, /* 139 DisassociateSubnetCidrBlockRequest */
    { AWS_STRUCT, 0, 295, 2, 0, 0, NULL, NULL }, /* 140 DisassociateSubnetCidrBlockResult */
    { AWS_STRUCT, 0, 297, 1, 0, 0, NULL, NULL }, /* 141 DisassociateVpcCidrBlockRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 142 VpcCidrAssociationId */
    { AWS_STRUCT, 0, 298, 3, 0, 0, NULL, NULL }, /* 143 DisassociateVpcCidrBlockResult */
    { AWS_STRUCT, 0, 301, 11, 0, 0, NULL, NULL }, /* 144 ModifySubnetAttributeRequest */
    { AWS_STRUCT, 0, 312, 4, 0, 0, NULL, NULL }, /* 145 ModifyVpcAttributeRequest */
    { AWS_STRUCT, 0, 316, 3, 0, 0, NULL, NULL }, /* 146 ModifyVpcTenancyRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 147 VpcTenancy */
    { AWS_STRUCT, 0, 319, 1, 0, 0, NULL, NULL }, /* 148 ModifyVpcTenancyResult */
};

static const aws_op ops[] = {
    { "AssociateSubnetCidrBlock", 0, 5, NULL },
    { "AssociateVpcCidrBlock", 12, 16, NULL },
    { "CreateSubnet", 21, 27, NULL },
    { "CreateVpc", 37, 42, NULL },
    { "DeleteSubnet", 53, -1, NULL },
    { "DeleteVpc", 54, -1, NULL },
    { "DescribeAvailabilityZones", 55, 61, NULL },
    { "DescribeNetworkAcls", 72, 76, NULL },
    { "DescribeRouteTables", 86, 90, NULL },
    { "DescribeSecurityGroups", 106, 112, NULL },
    { "DescribeSubnets", 125, 128, NULL },
    { "DescribeVpcAttribute", 130, 132, NULL },
    { "DescribeVpcs", 134, 137, NULL },
    { "DisassociateSubnetCidrBlock", 139, 140, NULL },
    { "DisassociateVpcCidrBlock", 141, 143, NULL },
    { "ModifySubnetAttribute", 144, -1, NULL },
    { "ModifyVpcAttribute", 145, -1, NULL },
    { "ModifyVpcTenancy", 146, 148, NULL },
};

const aws_service aws_service_ec2 = {
    .name = "ec2",
    .id = "EC2",
    .endpoint_prefix = "ec2",
    .signing_name = "ec2",
    .protocol = AWS_PROTOCOL_EC2,
    .api_version = "2016-11-15",
    .target_prefix = NULL,
    .json_version = NULL,
    .members = members,
    .shapes = shapes,
    .ops = ops,
    .op_count = 18,
};
