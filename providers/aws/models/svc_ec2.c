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
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "Resources", "ResourceId", "ResourceId", 38, AWS_REQUIRED },
    { "Tags", "Tag", "Tag", 25, AWS_REQUIRED },
    { "CidrBlock", NULL, NULL, 4, 0 },
    { "Ipv6Pool", NULL, NULL, 13, 0 },
    { "Ipv6CidrBlock", NULL, NULL, 4, 0 },
    { "Ipv4IpamPoolId", NULL, NULL, 1, 0 },
    { "Ipv4NetmaskLength", NULL, NULL, 2, 0 },
    { "Ipv6IpamPoolId", NULL, NULL, 1, 0 },
    { "Ipv6NetmaskLength", NULL, NULL, 2, 0 },
    { "Ipv6CidrBlockNetworkBorderGroup", NULL, NULL, 4, 0 },
    { "VpcEncryptionControl", NULL, NULL, 41, 0 },
    { "TagSpecifications", "TagSpecification", "TagSpecification", 22, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "InstanceTenancy", NULL, "instanceTenancy", 44, 0 },
    { "AmazonProvidedIpv6CidrBlock", NULL, "amazonProvidedIpv6CidrBlock", 15, 0 },
    { "Mode", NULL, NULL, 42, AWS_REQUIRED },
    { "InternetGatewayExclusion", NULL, NULL, 43, 0 },
    { "EgressOnlyInternetGatewayExclusion", NULL, NULL, 43, 0 },
    { "NatGatewayExclusion", NULL, NULL, 43, 0 },
    { "VirtualPrivateGatewayExclusion", NULL, NULL, 43, 0 },
    { "VpcPeeringExclusion", NULL, NULL, 43, 0 },
    { "LambdaExclusion", NULL, NULL, 43, 0 },
    { "VpcLatticeExclusion", NULL, NULL, 43, 0 },
    { "ElasticFileSystemExclusion", NULL, NULL, 43, 0 },
    { "Vpc", NULL, "vpc", 46, 0 },
    { "OwnerId", NULL, "ownerId", 4, 0 },
    { "InstanceTenancy", NULL, "instanceTenancy", 44, 0 },
    { "Ipv6CidrBlockAssociationSet", NULL, "ipv6CidrBlockAssociationSet", 47, 0 },
    { "CidrBlockAssociationSet", NULL, "cidrBlockAssociationSet", 48, 0 },
    { "IsDefault", NULL, "isDefault", 15, 0 },
    { "EncryptionControl", NULL, "encryptionControl", 49, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "BlockPublicAccessStates", NULL, "blockPublicAccessStates", 34, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "State", NULL, "state", 55, 0 },
    { "CidrBlock", NULL, "cidrBlock", 4, 0 },
    { "DhcpOptionsId", NULL, "dhcpOptionsId", 4, 0 },
    { "VpcId", NULL, "vpcId", 14, 0 },
    { "VpcEncryptionControlId", NULL, "vpcEncryptionControlId", 50, 0 },
    { "Mode", NULL, "mode", 42, 0 },
    { "State", NULL, "state", 51, 0 },
    { "StateMessage", NULL, "stateMessage", 4, 0 },
    { "ResourceExclusions", NULL, "resourceExclusions", 52, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "InternetGateway", NULL, "internetGateway", 53, 0 },
    { "EgressOnlyInternetGateway", NULL, "egressOnlyInternetGateway", 53, 0 },
    { "NatGateway", NULL, "natGateway", 53, 0 },
    { "VirtualPrivateGateway", NULL, "virtualPrivateGateway", 53, 0 },
    { "VpcPeering", NULL, "vpcPeering", 53, 0 },
    { "Lambda", NULL, "lambda", 53, 0 },
    { "VpcLattice", NULL, "vpcLattice", 53, 0 },
    { "ElasticFileSystem", NULL, "elasticFileSystem", 53, 0 },
    { "State", NULL, "state", 54, 0 },
    { "StateMessage", NULL, "stateMessage", 4, 0 },
    { "SubnetId", NULL, NULL, 3, AWS_REQUIRED },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "Resources", "ResourceId", "resourceId", 38, AWS_REQUIRED },
    { "Tags", "Tag", "tag", 25, 0 },
    { "VpcId", NULL, NULL, 14, AWS_REQUIRED },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "ZoneNames", "ZoneName", "ZoneName", 60, 0 },
    { "ZoneIds", "ZoneId", "ZoneId", 61, 0 },
    { "AllAvailabilityZones", NULL, NULL, 15, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "Filters", "Filter", "Filter", 62, 0 },
    { "Name", NULL, NULL, 4, 0 },
    { "Values", "Value", "Value", 64, 0 },
    { "AvailabilityZones", "AvailabilityZoneInfo", "availabilityZoneInfo", 66, 0 },
    { "OptInStatus", NULL, "optInStatus", 68, 0 },
    { "Messages", "MessageSet", "messageSet", 69, 0 },
    { "RegionName", NULL, "regionName", 4, 0 },
    { "ZoneName", NULL, "zoneName", 4, 0 },
    { "ZoneId", NULL, "zoneId", 4, 0 },
    { "GroupName", NULL, "groupName", 4, 0 },
    { "NetworkBorderGroup", NULL, "networkBorderGroup", 4, 0 },
    { "ZoneType", NULL, "zoneType", 4, 0 },
    { "ParentZoneName", NULL, "parentZoneName", 4, 0 },
    { "ParentZoneId", NULL, "parentZoneId", 4, 0 },
    { "GroupLongName", NULL, "groupLongName", 4, 0 },
    { "Geography", "GeographySet", "geographySet", 71, 0 },
    { "SubGeography", "SubGeographySet", "subGeographySet", 73, 0 },
    { "State", "ZoneState", "zoneState", 75, 0 },
    { "Message", NULL, "message", 4, 0 },
    { "Name", NULL, "name", 4, 0 },
    { "Name", NULL, "name", 4, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 77, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "NetworkAclIds", "NetworkAclId", "NetworkAclId", 78, 0 },
    { "Filters", "Filter", "Filter", 62, 0 },
    { "NetworkAcls", "NetworkAclSet", "networkAclSet", 81, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "Associations", "AssociationSet", "associationSet", 83, 0 },
    { "Entries", "EntrySet", "entrySet", 85, 0 },
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
    { "IcmpTypeCode", NULL, "icmpTypeCode", 87, 0 },
    { "Ipv6CidrBlock", NULL, "ipv6CidrBlock", 4, 0 },
    { "PortRange", NULL, "portRange", 88, 0 },
    { "Protocol", NULL, "protocol", 4, 0 },
    { "RuleAction", NULL, "ruleAction", 89, 0 },
    { "RuleNumber", NULL, "ruleNumber", 29, 0 },
    { "Code", NULL, "code", 29, 0 },
    { "Type", NULL, "type", 29, 0 },
    { "From", NULL, "from", 29, 0 },
    { "To", NULL, "to", 29, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 91, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "RouteTableIds", "RouteTableId", "RouteTableId", 92, 0 },
    { "Filters", "Filter", "Filter", 62, 0 },
    { "RouteTables", "RouteTableSet", "routeTableSet", 95, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "Associations", "AssociationSet", "associationSet", 97, 0 },
    { "PropagatingVgws", "PropagatingVgwSet", "propagatingVgwSet", 101, 0 },
    { "RouteTableId", NULL, "routeTableId", 4, 0 },
    { "Routes", "RouteSet", "routeSet", 103, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "OwnerId", NULL, "ownerId", 4, 0 },
    { "Main", NULL, "main", 15, 0 },
    { "RouteTableAssociationId", NULL, "routeTableAssociationId", 4, 0 },
    { "RouteTableId", NULL, "routeTableId", 4, 0 },
    { "SubnetId", NULL, "subnetId", 4, 0 },
    { "GatewayId", NULL, "gatewayId", 4, 0 },
    { "PublicIpv4Pool", NULL, "publicIpv4Pool", 4, 0 },
    { "AssociationState", NULL, "associationState", 99, 0 },
    { "State", NULL, "state", 100, 0 },
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
    { "CarrierGatewayId", NULL, "carrierGatewayId", 105, 0 },
    { "NetworkInterfaceId", NULL, "networkInterfaceId", 4, 0 },
    { "Origin", NULL, "origin", 106, 0 },
    { "State", NULL, "state", 107, 0 },
    { "VpcPeeringConnectionId", NULL, "vpcPeeringConnectionId", 4, 0 },
    { "CoreNetworkArn", NULL, "coreNetworkArn", 108, 0 },
    { "OdbNetworkArn", NULL, "odbNetworkArn", 109, 0 },
    { "IpAddress", NULL, "ipAddress", 4, 0 },
    { "GroupIds", "GroupId", "GroupId", 111, 0 },
    { "GroupNames", "GroupName", "GroupName", 113, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 115, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "Filters", "Filter", "Filter", 62, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "SecurityGroups", "SecurityGroupInfo", "securityGroupInfo", 117, 0 },
    { "GroupId", NULL, "groupId", 4, 0 },
    { "IpPermissionsEgress", NULL, "ipPermissionsEgress", 119, 0 },
    { "Tags", "TagSet", "tagSet", 25, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "SecurityGroupArn", NULL, "securityGroupArn", 4, 0 },
    { "OwnerId", NULL, "ownerId", 4, 0 },
    { "GroupName", NULL, "groupName", 4, 0 },
    { "Description", "GroupDescription", "groupDescription", 4, 0 },
    { "IpPermissions", NULL, "ipPermissions", 119, 0 },
    { "IpProtocol", NULL, "ipProtocol", 4, 0 },
    { "FromPort", NULL, "fromPort", 29, 0 },
    { "ToPort", NULL, "toPort", 29, 0 },
    { "UserIdGroupPairs", "Groups", "groups", 121, 0 },
    { "IpRanges", NULL, "ipRanges", 123, 0 },
    { "Ipv6Ranges", NULL, "ipv6Ranges", 125, 0 },
    { "PrefixListIds", NULL, "prefixListIds", 127, 0 },
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
    { "Filters", "Filter", "Filter", 62, 0 },
    { "SubnetIds", "SubnetId", "SubnetId", 130, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 131, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "Subnets", "SubnetSet", "subnetSet", 133, 0 },
    { "Attribute", NULL, NULL, 135, AWS_REQUIRED },
    { "VpcId", NULL, NULL, 14, AWS_REQUIRED },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "EnableDnsHostnames", NULL, "enableDnsHostnames", 137, 0 },
    { "EnableDnsSupport", NULL, "enableDnsSupport", 137, 0 },
    { "EnableNetworkAddressUsageMetrics", NULL, "enableNetworkAddressUsageMetrics", 137, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "Value", NULL, "value", 15, 0 },
    { "Filters", "Filter", "Filter", 62, 0 },
    { "VpcIds", "VpcId", "VpcId", 139, 0 },
    { "NextToken", NULL, NULL, 4, 0 },
    { "MaxResults", NULL, NULL, 140, 0 },
    { "DryRun", NULL, "dryRun", 15, 0 },
    { "NextToken", NULL, "nextToken", 4, 0 },
    { "Vpcs", "VpcSet", "vpcSet", 142, 0 },
    { "AssociationId", NULL, "associationId", 7, AWS_REQUIRED },
    { "Ipv6CidrBlockAssociation", NULL, "ipv6CidrBlockAssociation", 6, 0 },
    { "SubnetId", NULL, "subnetId", 4, 0 },
    { "AssociationId", NULL, "associationId", 146, AWS_REQUIRED },
    { "Ipv6CidrBlockAssociation", NULL, "ipv6CidrBlockAssociation", 17, 0 },
    { "CidrBlockAssociation", NULL, "cidrBlockAssociation", 20, 0 },
    { "VpcId", NULL, "vpcId", 4, 0 },
    { "AssignIpv6AddressOnCreation", NULL, NULL, 137, 0 },
    { "MapPublicIpOnLaunch", NULL, NULL, 137, 0 },
    { "SubnetId", NULL, "subnetId", 3, AWS_REQUIRED },
    { "MapCustomerOwnedIpOnLaunch", NULL, NULL, 137, 0 },
    { "CustomerOwnedIpv4Pool", NULL, NULL, 30, 0 },
    { "EnableDns64", NULL, NULL, 137, 0 },
    { "PrivateDnsHostnameTypeOnLaunch", NULL, NULL, 33, 0 },
    { "EnableResourceNameDnsARecordOnLaunch", NULL, NULL, 137, 0 },
    { "EnableResourceNameDnsAAAARecordOnLaunch", NULL, NULL, 137, 0 },
    { "EnableLniAtDeviceIndex", NULL, NULL, 29, 0 },
    { "DisableLniAtDeviceIndex", NULL, NULL, 137, 0 },
    { "EnableDnsHostnames", NULL, NULL, 137, 0 },
    { "EnableDnsSupport", NULL, NULL, 137, 0 },
    { "VpcId", NULL, "vpcId", 14, AWS_REQUIRED },
    { "EnableNetworkAddressUsageMetrics", NULL, NULL, 137, 0 },
    { "VpcId", NULL, NULL, 14, AWS_REQUIRED },
    { "InstanceTenancy", NULL, NULL, 151, AWS_REQUIRED },
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
    { AWS_STRUCT, 0, 83, 3, 0, 0, NULL, NULL }, /* 37 CreateTagsRequest */
    { AWS_LIST, 0, 0, 0, 0, 39, NULL, NULL }, /* 38 ResourceIdList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 39 TaggableResourceId */
    { AWS_STRUCT, 0, 86, 13, 0, 0, NULL, NULL }, /* 40 CreateVpcRequest */
    { AWS_STRUCT, 0, 99, 9, 0, 0, NULL, NULL }, /* 41 VpcEncryptionControlConfiguration */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 42 VpcEncryptionControlMode */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 43 VpcEncryptionControlExclusionStateInput */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 44 Tenancy */
    { AWS_STRUCT, 0, 108, 1, 0, 0, NULL, NULL }, /* 45 CreateVpcResult */
    { AWS_STRUCT, 0, 109, 12, 0, 0, NULL, NULL }, /* 46 Vpc */
    { AWS_LIST, 0, 0, 0, 0, 17, "item", NULL }, /* 47 VpcIpv6CidrBlockAssociationSet */
    { AWS_LIST, 0, 0, 0, 0, 20, "item", NULL }, /* 48 VpcCidrBlockAssociationSet */
    { AWS_STRUCT, 0, 121, 7, 0, 0, NULL, NULL }, /* 49 VpcEncryptionControl */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 50 VpcEncryptionControlId */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 51 VpcEncryptionControlState */
    { AWS_STRUCT, 0, 128, 8, 0, 0, NULL, NULL }, /* 52 VpcEncryptionControlExclusions */
    { AWS_STRUCT, 0, 136, 2, 0, 0, NULL, NULL }, /* 53 VpcEncryptionControlExclusion */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 54 VpcEncryptionControlExclusionState */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 55 VpcState */
    { AWS_STRUCT, 0, 138, 2, 0, 0, NULL, NULL }, /* 56 DeleteSubnetRequest */
    { AWS_STRUCT, 0, 140, 3, 0, 0, NULL, NULL }, /* 57 DeleteTagsRequest */
    { AWS_STRUCT, 0, 143, 2, 0, 0, NULL, NULL }, /* 58 DeleteVpcRequest */
    { AWS_STRUCT, 0, 145, 5, 0, 0, NULL, NULL }, /* 59 DescribeAvailabilityZonesRequest */
    { AWS_LIST, 0, 0, 0, 0, 4, "ZoneName", NULL }, /* 60 ZoneNameStringList */
    { AWS_LIST, 0, 0, 0, 0, 4, "ZoneId", NULL }, /* 61 ZoneIdStringList */
    { AWS_LIST, 0, 0, 0, 0, 63, "Filter", NULL }, /* 62 FilterList */
    { AWS_STRUCT, 0, 150, 2, 0, 0, NULL, NULL }, /* 63 Filter */
    { AWS_LIST, 0, 0, 0, 0, 4, "item", NULL }, /* 64 ValueStringList */
    { AWS_STRUCT, 0, 152, 1, 0, 0, NULL, NULL }, /* 65 DescribeAvailabilityZonesResult */
    { AWS_LIST, 0, 0, 0, 0, 67, "item", NULL }, /* 66 AvailabilityZoneList */
    { AWS_STRUCT, 0, 153, 14, 0, 0, NULL, NULL }, /* 67 AvailabilityZone */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 68 AvailabilityZoneOptInStatus */
    { AWS_LIST, 0, 0, 0, 0, 70, "item", NULL }, /* 69 AvailabilityZoneMessageList */
    { AWS_STRUCT, 0, 167, 1, 0, 0, NULL, NULL }, /* 70 AvailabilityZoneMessage */
    { AWS_LIST, 0, 0, 0, 0, 72, "item", NULL }, /* 71 AvailabilityZoneGeographyList */
    { AWS_STRUCT, 0, 168, 1, 0, 0, NULL, NULL }, /* 72 AvailabilityZoneGeography */
    { AWS_LIST, 0, 0, 0, 0, 74, "item", NULL }, /* 73 AvailabilityZoneSubGeographyList */
    { AWS_STRUCT, 0, 169, 1, 0, 0, NULL, NULL }, /* 74 AvailabilityZoneSubGeography */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 75 AvailabilityZoneState */
    { AWS_STRUCT, 0, 170, 5, 0, 0, NULL, NULL }, /* 76 DescribeNetworkAclsRequest */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 77 DescribeNetworkAclsMaxResults */
    { AWS_LIST, 0, 0, 0, 0, 79, "item", NULL }, /* 78 NetworkAclIdStringList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 79 NetworkAclId */
    { AWS_STRUCT, 0, 175, 2, 0, 0, NULL, NULL }, /* 80 DescribeNetworkAclsResult */
    { AWS_LIST, 0, 0, 0, 0, 82, "item", NULL }, /* 81 NetworkAclList */
    { AWS_STRUCT, 0, 177, 7, 0, 0, NULL, NULL }, /* 82 NetworkAcl */
    { AWS_LIST, 0, 0, 0, 0, 84, "item", NULL }, /* 83 NetworkAclAssociationList */
    { AWS_STRUCT, 0, 184, 3, 0, 0, NULL, NULL }, /* 84 NetworkAclAssociation */
    { AWS_LIST, 0, 0, 0, 0, 86, "item", NULL }, /* 85 NetworkAclEntryList */
    { AWS_STRUCT, 0, 187, 8, 0, 0, NULL, NULL }, /* 86 NetworkAclEntry */
    { AWS_STRUCT, 0, 195, 2, 0, 0, NULL, NULL }, /* 87 IcmpTypeCode */
    { AWS_STRUCT, 0, 197, 2, 0, 0, NULL, NULL }, /* 88 PortRange */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 89 RuleAction */
    { AWS_STRUCT, 0, 199, 5, 0, 0, NULL, NULL }, /* 90 DescribeRouteTablesRequest */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 91 DescribeRouteTablesMaxResults */
    { AWS_LIST, 0, 0, 0, 0, 93, "item", NULL }, /* 92 RouteTableIdStringList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 93 RouteTableId */
    { AWS_STRUCT, 0, 204, 2, 0, 0, NULL, NULL }, /* 94 DescribeRouteTablesResult */
    { AWS_LIST, 0, 0, 0, 0, 96, "item", NULL }, /* 95 RouteTableList */
    { AWS_STRUCT, 0, 206, 7, 0, 0, NULL, NULL }, /* 96 RouteTable */
    { AWS_LIST, 0, 0, 0, 0, 98, "item", NULL }, /* 97 RouteTableAssociationList */
    { AWS_STRUCT, 0, 213, 7, 0, 0, NULL, NULL }, /* 98 RouteTableAssociation */
    { AWS_STRUCT, 0, 220, 2, 0, 0, NULL, NULL }, /* 99 RouteTableAssociationState */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 100 RouteTableAssociationStateCode */
    { AWS_LIST, 0, 0, 0, 0, 102, "item", NULL }, /* 101 PropagatingVgwList */
    { AWS_STRUCT, 0, 222, 1, 0, 0, NULL, NULL }, /* 102 PropagatingVgw */
    { AWS_LIST, 0, 0, 0, 0, 104, "item", NULL }, /* 103 RouteList */
    { AWS_STRUCT, 0, 223, 18, 0, 0, NULL, NULL }, /* 104 Route */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 105 CarrierGatewayId */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 106 RouteOrigin */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 107 RouteState */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 108 CoreNetworkArn */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 109 OdbNetworkArn */
    { AWS_STRUCT, 0, 241, 6, 0, 0, NULL, NULL }, /* 110 DescribeSecurityGroupsRequest */
    { AWS_LIST, 0, 0, 0, 0, 112, "groupId", NULL }, /* 111 GroupIdStringList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 112 SecurityGroupId */
    { AWS_LIST, 0, 0, 0, 0, 114, "GroupName", NULL }, /* 113 GroupNameStringList */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 114 SecurityGroupName */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 115 DescribeSecurityGroupsMaxResults */
    { AWS_STRUCT, 0, 247, 2, 0, 0, NULL, NULL }, /* 116 DescribeSecurityGroupsResult */
    { AWS_LIST, 0, 0, 0, 0, 118, "item", NULL }, /* 117 SecurityGroupList */
    { AWS_STRUCT, 0, 249, 9, 0, 0, NULL, NULL }, /* 118 SecurityGroup */
    { AWS_LIST, 0, 0, 0, 0, 120, "item", NULL }, /* 119 IpPermissionList */
    { AWS_STRUCT, 0, 258, 7, 0, 0, NULL, NULL }, /* 120 IpPermission */
    { AWS_LIST, 0, 0, 0, 0, 122, "item", NULL }, /* 121 UserIdGroupPairList */
    { AWS_STRUCT, 0, 265, 7, 0, 0, NULL, NULL }, /* 122 UserIdGroupPair */
    { AWS_LIST, 0, 0, 0, 0, 124, "item", NULL }, /* 123 IpRangeList */
    { AWS_STRUCT, 0, 272, 2, 0, 0, NULL, NULL }, /* 124 IpRange */
    { AWS_LIST, 0, 0, 0, 0, 126, "item", NULL }, /* 125 Ipv6RangeList */
    { AWS_STRUCT, 0, 274, 2, 0, 0, NULL, NULL }, /* 126 Ipv6Range */
    { AWS_LIST, 0, 0, 0, 0, 128, "item", NULL }, /* 127 PrefixListIdList */
    { AWS_STRUCT, 0, 276, 2, 0, 0, NULL, NULL }, /* 128 PrefixListId */
    { AWS_STRUCT, 0, 278, 5, 0, 0, NULL, NULL }, /* 129 DescribeSubnetsRequest */
    { AWS_LIST, 0, 0, 0, 0, 3, "SubnetId", NULL }, /* 130 SubnetIdStringList */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 131 DescribeSubnetsMaxResults */
    { AWS_STRUCT, 0, 283, 2, 0, 0, NULL, NULL }, /* 132 DescribeSubnetsResult */
    { AWS_LIST, 0, 0, 0, 0, 28, "item", NULL }, /* 133 SubnetList */
    { AWS_STRUCT, 0, 285, 3, 0, 0, NULL, NULL }, /* 134 DescribeVpcAttributeRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 135 VpcAttributeName */
    { AWS_STRUCT, 0, 288, 4, 0, 0, NULL, NULL }, /* 136 DescribeVpcAttributeResult */
    { AWS_STRUCT, 0, 292, 1, 0, 0, NULL, NULL }, /* 137 AttributeBooleanValue */
    { AWS_STRUCT, 0, 293, 5, 0, 0, NULL, NULL }, /* 138 DescribeVpcsRequest */
    { AWS_LIST, 0, 0, 0, 0, 14, "VpcId", NULL }, /* 139 VpcIdStringList */
    { AWS_INTEGER, 0, 0, 0, 0, 0, NULL, NULL }, /* 140 DescribeVpcsMaxResults */
    { AWS_STRUCT, 0, 298, 2, 0, 0, NULL, NULL }, /* 141 DescribeVpcsResult */
    { AWS_LIST, 0, 0, 0, 0, 46, "item", NULL }, /* 142 VpcList */
    { AWS_STRUCT, 0, 300, 1, 0, 0, NULL, NULL }, /* 143 DisassociateSubnetCidrBlockRequest */
    { AWS_STRUCT, 0, 301, 2, 0, 0, NULL, NULL }, /* 144 DisassociateSubnetCidrBlockResult */
    { AWS_STRUCT, 0, 303, 1, 0, 0, NULL, NULL }, /* 145 DisassociateVpcCidrBlockRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 146 VpcCidrAssociationId */
    { AWS_STRUCT, 0, 304, 3, 0, 0, NULL, NULL }, /* 147 DisassociateVpcCidrBlockResult */
    { AWS_STRUCT, 0, 307, 11, 0, 0, NULL, NULL }, /* 148 ModifySubnetAttributeRequest */
    { AWS_STRUCT, 0, 318, 4, 0, 0, NULL, NULL }, /* 149 ModifyVpcAttributeRequest */
    { AWS_STRUCT, 0, 322, 3, 0, 0, NULL, NULL }, /* 150 ModifyVpcTenancyRequest */
    { AWS_STRING, 0, 0, 0, 0, 0, NULL, NULL }, /* 151 VpcTenancy */
    { AWS_STRUCT, 0, 325, 1, 0, 0, NULL, NULL }, /* 152 ModifyVpcTenancyResult */
};

static const aws_op ops[] = {
    { "AssociateSubnetCidrBlock", 0, 5, NULL },
    { "AssociateVpcCidrBlock", 12, 16, NULL },
    { "CreateSubnet", 21, 27, NULL },
    { "CreateTags", 37, -1, NULL },
    { "CreateVpc", 40, 45, NULL },
    { "DeleteSubnet", 56, -1, NULL },
    { "DeleteTags", 57, -1, NULL },
    { "DeleteVpc", 58, -1, NULL },
    { "DescribeAvailabilityZones", 59, 65, NULL },
    { "DescribeNetworkAcls", 76, 80, NULL },
    { "DescribeRouteTables", 90, 94, NULL },
    { "DescribeSecurityGroups", 110, 116, NULL },
    { "DescribeSubnets", 129, 132, NULL },
    { "DescribeVpcAttribute", 134, 136, NULL },
    { "DescribeVpcs", 138, 141, NULL },
    { "DisassociateSubnetCidrBlock", 143, 144, NULL },
    { "DisassociateVpcCidrBlock", 145, 147, NULL },
    { "ModifySubnetAttribute", 148, -1, NULL },
    { "ModifyVpcAttribute", 149, -1, NULL },
    { "ModifyVpcTenancy", 150, 152, NULL },
};

static const char *const errors[] = {
    NULL,
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
    .errors = errors,
    .op_count = 20,
};
